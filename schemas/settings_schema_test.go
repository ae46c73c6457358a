package schemas

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

type node struct {
	Type                        any
	Title, Description, Pattern string
	Format                      string
	Enum                        []string
	Minimum, Maximum            *float64
	Not                         *struct{ Const float64 }
	Properties                  map[string]node
	Items                       *node
	Default                     any
}

// leaves lists the settings of the schema by path, with 0 for an item of a list of objects.
func (n node) leaves(path string, into map[string]node) map[string]node {
	for key, sub := range n.Properties {
		at := strings.TrimPrefix(path+"."+key, ".")
		switch {
		case sub.Properties != nil:
			sub.leaves(at, into)
		case sub.Items != nil && sub.Items.Properties != nil:
			sub.Items.leaves(at+".0", into)
		default:
			into[at] = sub
		}
	}
	return into
}

// with are settings that a value needs beside it, for rules between settings.
var with = map[string]string{
	"active_liveness.yaw_threshold_deg":   `{"active_liveness":{"yaw_start_deg":1}}`,
	"active_liveness.pitch_threshold_deg": `{"active_liveness":{"pitch_start_deg":1}}`,
	"active_liveness.yaw_start_deg":       `{"active_liveness":{"yaw_threshold_deg":90}}`,
	"active_liveness.pitch_start_deg":     `{"active_liveness":{"pitch_threshold_deg":90}}`,
	"video.crf":                           `{"video":{"codec":"VP9"}}`,
	"workers.0.timeout":                   `{"workers":[{"name":"plugin"}]}`,
	"workers.0.name":                      `{"workers":[{"timeout":1}]}`,
}

// document returns a document in which one value is set.
func document(t *testing.T, path string, value any) []byte {
	t.Helper()
	tree := map[string]any{}
	if text := with[path]; text != "" {
		if err := json.Unmarshal([]byte(text), &tree); err != nil {
			t.Fatal(err)
		}
	}
	at, keys := tree, strings.Split(path, ".")
	for _, key := range keys[:len(keys)-1] {
		if key == "0" {
			continue
		}
		switch next := at[key].(type) {
		case map[string]any:
			at = next
		case []any:
			at = next[0].(map[string]any)
		default:
			next2 := map[string]any{}
			at[key] = next2
			at = next2
		}
	}
	at[keys[len(keys)-1]] = value
	data, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func schemaLeaves(t *testing.T) map[string]node {
	t.Helper()
	data, err := SettingsSchema()
	if err != nil {
		t.Fatal(err)
	}
	var root node
	if err := json.Unmarshal(data, &root); err != nil {
		t.Fatal(err)
	}
	return root.leaves("", map[string]node{})
}

func TestSchemaHasEverySetting(t *testing.T) {
	tree, err := asTree(DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	var collect func(path string, v any)
	collect = func(path string, v any) {
		list, isList := v.([]any)
		if isList && len(list) > 0 {
			if _, objects := list[0].(map[string]any); objects {
				collect(path+".0", list[0])
				return
			}
		}
		m, ok := v.(map[string]any)
		if !ok {
			want = append(want, path)
		}
		for key, sub := range m {
			collect(strings.TrimPrefix(path+"."+key, "."), sub)
		}
	}
	collect("", tree)
	slices.Sort(want)
	leaves := schemaLeaves(t)
	if got := slices.Sorted(maps.Keys(leaves)); !slices.Equal(got, want) {
		t.Errorf("the schema has\n%v\nthe settings\n%v", got, want)
	}
	secrets := DefaultSettings().secrets()
	for path, n := range leaves {
		if n.Title == "" || n.Description == "" {
			t.Errorf("%s has no title or no description", path)
		}
		if _, secret := secrets[path]; secret != (n.Format == "password") || strings.Contains(path, "password") && !secret {
			t.Errorf("%s: masked %v, format %q", path, secret, n.Format)
		}
	}
}

// The schema allows the values that ParseSettings accepts, at the bounds and just beyond.
func TestSchemaAgreesWithTheParser(t *testing.T) {
	check := func(path string, value any, ok bool) {
		t.Helper()
		_, err := ParseSettings(document(t, path, value))
		var wrong *DocumentError
		if ok && err != nil {
			t.Errorf("%s = %v: %v", path, value, err)
		}
		if !ok && (!errors.As(err, &wrong) || !strings.HasPrefix(wrong.Path, path)) {
			t.Errorf("%s = %v: got %v, want an error there", path, value, err)
		}
	}
	numbers := 0
	for path, n := range schemaLeaves(t) {
		isList := n.Type == "array"
		one := func(v string) any {
			if isList {
				return []string{v}
			}
			return v
		}
		if isList && n.Items.Enum != nil {
			n.Enum = n.Items.Enum
			check(path, []string{n.Enum[0], n.Enum[0]}, false)
		}
		for _, v := range n.Enum {
			check(path, one(v), true)
		}
		if n.Enum != nil {
			check(path, one("something else"), false)
		}
		kind := fmt.Sprint(n.Type)
		if !strings.Contains(kind, "integer") && !strings.Contains(kind, "number") {
			continue
		}
		if n.Minimum == nil || n.Maximum == nil {
			t.Errorf("%s has no bounds", path)
			continue
		}
		numbers++
		step := 0.005
		if strings.Contains(kind, "integer") {
			step = 1
			check(path, 1.5, false)
		}
		check(path, *n.Minimum, true)
		check(path, *n.Maximum, true)
		check(path, *n.Minimum-step, false)
		check(path, *n.Maximum+step, false)
		if n.Not != nil {
			check(path, n.Not.Const, false)
		}
	}
	if numbers < 40 {
		t.Errorf("only %d numbers were tried", numbers)
	}
	check("workers.0.name", "Not A Worker", false)
	check("workers.0.name", "a-worker", true)
	check("video_redis.queue_name", "a b", false)
	check("video_redis.host", "", false)
}

func TestSecretsAreMasked(t *testing.T) {
	s := DefaultSettings()
	s.VideoRedis.Password = "hunter2"
	shown := s.Mask()
	if shown.VideoRedis.Password != Masked || shown.VideoRedis.Sentinel.Password != "" || s.VideoRedis.Password != "hunter2" {
		t.Fatalf("got %+v of %+v", shown.VideoRedis, s.VideoRedis)
	}
	if err := shown.Unmask(s); err != nil || shown.VideoRedis.Password != "hunter2" {
		t.Errorf("got %+v, %v", shown.VideoRedis, err)
	}
	var wrong *DocumentError
	if err := s.Mask().Unmask(nil); !errors.As(err, &wrong) || wrong.Path != "video_redis.password" {
		t.Errorf("got %v", err)
	}
	for name, elsewhere := range map[string]func(*VideoRedis){
		"host": func(r *VideoRedis) { r.Host = "evil.example" }, "port": func(r *VideoRedis) { r.Port++ },
		"tls": func(r *VideoRedis) { r.TLS = !r.TLS }, "user": func(r *VideoRedis) { r.User = "other" },
		"cluster":   func(r *VideoRedis) { r.Cluster = []string{"evil.example:6379"} },
		"sentinels": func(r *VideoRedis) { r.Sentinel.Sentinels = []string{"evil.example:26379"} },
		"master":    func(r *VideoRedis) { r.Sentinel.MasterName = "other" },
	} {
		moved := s.Mask()
		elsewhere(&moved.VideoRedis)
		if err := moved.Unmask(s); !errors.As(err, &wrong) || wrong.Path != "video_redis.password" || moved.VideoRedis.Password != Masked {
			t.Errorf("%s: a secret would be sent elsewhere: %v", name, err)
		}
	}
	other := *s
	other.VideoRedis.Password, other.Session.MaxAttempts, other.Thresholds.Glasses = "hunter3", 7, []string{"sunglasses"}
	changes, err := DiffSettings(s, &other)
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(changes)
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"path":"session.max_attempts","from":600,"to":7},` +
		`{"path":"thresholds.glasses","from":["no_glasses","eyeglasses"],"to":["sunglasses"]},` +
		`{"path":"video_redis.password","from":"********","to":"********"}]`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
