package schemas

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Masked stands for a secret wherever settings are shown.
const Masked = "********"

// secrets are the values nobody is shown, by path.
func (s *Settings) secrets() map[string]*string {
	return map[string]*string{
		"video_redis.password":          &s.VideoRedis.Password,
		"video_redis.sentinel.password": &s.VideoRedis.Sentinel.Password,
	}
}

// Mask is a copy for showing: each secret that is there reads Masked.
func (s *Settings) Mask() *Settings {
	out := *s
	for _, secret := range out.secrets() {
		if *secret != "" {
			*secret = Masked
		}
	}
	return &out
}

// Unmask gives each secret that reads Masked the value it has in stored, which is nil if nothing is. It is a
// *DocumentError where stored has none, or has it for another place: who may change the settings but does not know a
// secret must not have it sent elsewhere, or in the clear.
func (s *Settings) Unmask(stored *Settings) error { return in("settings", s.unmask(stored)) }

func (s *Settings) unmask(stored *Settings) error {
	if stored == nil {
		stored = &Settings{}
	}
	known := stored.secrets()
	for path, secret := range s.secrets() {
		if *secret != Masked {
			continue
		}
		if *known[path] == "" {
			return invalid(path, fmt.Sprintf("must be the secret itself: %s stands for a stored one, and none is stored", Masked))
		}
		if !reflect.DeepEqual(s.VideoRedis.place(), stored.VideoRedis.place()) {
			return invalid(path, fmt.Sprintf("must be the secret itself: %s stands for the one of another address, user or tls", Masked))
		}
		*secret = *known[path]
	}
	return nil
}

// place is where the secrets are sent, as whom and how.
func (r VideoRedis) place() any {
	hosts := slices.Concat([]string{fmt.Sprintf("%s:%d", r.Host, r.Port)}, r.Cluster, r.Sentinel.Sentinels)
	return []any{hosts, r.TLS, r.User, r.Sentinel.User, r.Sentinel.MasterName}
}

// SettingsChange is one value that differs between two documents. Secrets are masked in both.
type SettingsChange struct {
	Path string `json:"path"`
	From any    `json:"from"`
	To   any    `json:"to"`
}

// DiffSettings lists what differs between two documents, by path. A list is one value.
func DiffSettings(from, to *Settings) ([]SettingsChange, error) {
	a, err := asTree(from)
	if err != nil {
		return nil, err
	}
	b, err := asTree(to)
	if err != nil {
		return nil, err
	}
	changes := diff([]SettingsChange{}, "", a, b)
	hide := func(v any) any {
		if v == "" {
			return v
		}
		return Masked
	}
	secrets := from.secrets()
	for i, c := range changes {
		if _, ok := secrets[c.Path]; ok {
			changes[i].From, changes[i].To = hide(c.From), hide(c.To)
		}
	}
	return changes, nil
}

func diff(list []SettingsChange, path string, from, to any) []SettingsChange {
	a, ok := from.(map[string]any)
	b, also := to.(map[string]any)
	if ok && also {
		for _, key := range slices.Sorted(maps.Keys(a)) {
			list = diff(list, strings.TrimPrefix(path+"."+key, "."), a[key], b[key])
		}
		return list
	}
	if !reflect.DeepEqual(from, to) {
		list = append(list, SettingsChange{path, from, to})
	}
	return list
}
