package schemas

import (
	"fmt"
	"reflect"
	"slices"
)

func (s *Settings) secrets() map[string]*string { return secretsOf(s, "", map[string]*string{}) }

// Mask returns a copy that can be shown: each secret that is set reads Masked.
func (s *Settings) Mask() *Settings {
	out := *s
	for _, secret := range out.secrets() {
		if *secret != "" {
			*secret = Masked
		}
	}
	return &out
}

// Unmask gives each secret that reads Masked the value it has in stored, which may be nil. The error is a *DocumentError
// where stored has no such secret, or has it for another place: users who may change the settings but do not know a secret
// must not be able to send it to another machine, or unencrypted.
func (s *Settings) Unmask(stored *Settings) error {
	if stored == nil {
		stored = &Settings{}
	}
	known := stored.secrets()
	for path, secret := range s.secrets() {
		if *secret != Masked {
			continue
		}
		if *known[path] == "" {
			return unknownSecret(path, "a stored one, and none is stored")
		}
		if !reflect.DeepEqual(s.VideoRedis.place(), stored.VideoRedis.place()) {
			return unknownSecret(path, "the one of another address, user or tls")
		}
		*secret = *known[path]
	}
	return nil
}

func unknownSecret(path, masked string) error {
	return in(settingsDocument, invalid(path, fmt.Sprintf("must be the secret itself: %s stands for %s", Masked, masked)))
}

// place returns where the secrets are sent, for which users and how.
func (r *VideoRedis) place() any {
	hosts := slices.Concat([]string{fmt.Sprintf("%s:%d", r.Host, r.Port)}, r.Cluster, r.Sentinel.Sentinels)
	return []any{hosts, r.TLS, r.User, r.Sentinel.User, r.Sentinel.MasterName}
}

// DiffSettings lists what differs between two documents, by path. A list is one value.
func DiffSettings(from, to *Settings) ([]SettingsChange, error) { return diffOf(from, to) }
