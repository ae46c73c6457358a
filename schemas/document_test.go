package schemas

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

// documents are all that this package parses, each with a document in which every object is there.
var documents = []struct {
	name  string
	parse func(document []byte) (described, error)
	empty described
	base  string
}{
	{
		"settings", func(d []byte) (described, error) { return ParseSettings(d) }, &Settings{},
		`{"session":{},"roi":{},"thresholds":{},"active_liveness":{},"lockout":{},"light_challenge":{},"virtual_camera_checker":{},"token":{},"file_logger":{},"video":{},
			"video_redis":{"sentinel":{}},"workers":[{"name":"plugin"}]}`,
	},
	{
		"export order", func(d []byte) (described, error) { return ParseExportOrder(d) }, &ExportOrder{},
		`{"sessions":["3e7a8f1c-6f54-4c3e-9f3e-0d1f6f7e9a10"],"watermark":{"time":{},"session":{},"figures":{"face_box":true,"codes":true}}}`,
	},
	{
		"UI config", func(d []byte) (described, error) { return ParseUIConfig("bank", d) }, &UIConfig{},
		`{"image":{},"video":{},"styles":{"colors":{},"dark_colors":{},"sizes":{}},"error_messages":{}}`,
	},
}

// leaf is a value of a document, at its path; a 0 in the path is an item of a list.
type leaf struct {
	entry
	path string
}

// leavesOf lists every value below d, objects and items of lists included.
func leavesOf(t *testing.T, d described, path string) (list []leaf) {
	t.Helper()
	entries, kind := entriesOf(d), reflect.TypeOf(d).Elem()
	if len(entries) != kind.NumField() {
		t.Errorf("%v has %d fields and lists %d", kind, kind.NumField(), len(entries))
	}
	for n, e := range entries {
		at := joinPath(path, e.name)
		if name, _, _ := strings.Cut(kind.Field(n).Tag.Get("json"), ","); name != e.name {
			t.Errorf("%s is listed in the place of %s", at, name)
		}
		list = append(list, leaf{e, at})
		if part, ok := partOf(e.v); ok {
			list = append(list, leavesOf(t, part, at)...)
			continue
		}
		inner := e.v.Type()
		if inner.Kind() == reflect.Slice {
			inner, at = inner.Elem(), at+".0"
		}
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		if part, ok := partOf(reflect.New(inner).Elem()); ok {
			list = append(list, leavesOf(t, part, at)...)
		}
	}
	return list
}

// document returns the base with text as the value of the leaf, and without the leaf when text is empty.
func (l leaf) document(t *testing.T, base, text string) []byte {
	t.Helper()
	var tree map[string]any
	if err := json.Unmarshal([]byte(base), &tree); err != nil {
		t.Fatal(err)
	}
	at, keys := tree, strings.Split(l.path, ".")
	for n, key := range keys[:len(keys)-1] {
		switch next := at[key].(type) {
		case map[string]any:
			at = next
		case []any:
			at = map[string]any{keys[n+1]: next[0]}
		}
	}
	at[l.name] = "@@"
	if text == "" {
		delete(at, l.name)
	}
	data, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(strings.Replace(string(data), `"@@"`, text, 1))
}

// eachLeaf runs a test for every value of every document; parse parses the document in which the value is text.
func eachLeaf(t *testing.T, test func(t *testing.T, l leaf, parse func(text string) (described, error))) {
	for _, d := range documents {
		for _, l := range leavesOf(t, d.empty, "") {
			t.Run(d.name+" "+l.path, func(t *testing.T) {
				test(t, l, func(text string) (described, error) { return d.parse(l.document(t, d.base, text)) })
			})
		}
	}
}

// Null keeps the default of every value, except where the field states another meaning.
func TestNullKeepsTheDefault(t *testing.T) {
	var nullable []string
	eachLeaf(t, func(t *testing.T, l leaf, parse func(string) (described, error)) {
		got, err := parse("null")
		left, errLeft := parse("")
		if l.null == "" {
			if !reflect.DeepEqual(got, left) || !reflect.DeepEqual(err, errLeft) {
				t.Errorf("null gives %+v, %v; left out gives %+v, %v", got, err, left, errLeft)
			}
			return
		}
		nullable = append(nullable, l.path)
		if err != nil {
			t.Fatal(err)
		}
		for _, now := range leavesOf(t, got, "") {
			if now.path == l.path && (l.none == nil) != now.v.IsZero() || now.path == l.path && l.none != nil && now.v.Interface() != l.none {
				t.Errorf("null gives %v, want %v", now.v, l.none)
			}
		}
	})
	if got := strings.Join(nullable, " "); got != "session.max_attempts session.max_liveness_attempts session.duration_seconds thresholds.ags active_liveness.max_failed_steps" {
		t.Errorf("null has a special meaning in %s", got)
	}
}

func TestNullKeepsTheDenylist(t *testing.T) {
	s, err := ParseSettings([]byte(`{"virtual_camera_checker":{"denylist":null}}`))
	if want := DefaultSettings().VirtualCameraChecker.Denylist; err != nil || !reflect.DeepEqual(s.VirtualCameraChecker.Denylist, want) {
		t.Errorf("got %+v, %v", s, err)
	}
	if c, err := ParseUIConfig("bank", []byte(`{"styles":{"sizes":{"radius":null}},"error_messages":{"32":null}}`)); err != nil ||
		len(c.Styles.Sizes)+len(c.ErrorMessages) != 0 {
		t.Errorf("got %+v, %v", c, err)
	}
}

// Earlier versions stored null for an empty list.
func TestStoredSettingsKeepTheirMeaning(t *testing.T) {
	s, err := ParseStoredSettings([]byte(`{"virtual_camera_checker":{"denylist":null},"thresholds":{"ags":null}}`))
	if err != nil || s.VirtualCameraChecker.Denylist == nil || len(s.VirtualCameraChecker.Denylist) != 0 || s.Thresholds.AGS != nil {
		t.Errorf("got %+v, %v", s, err)
	}
}

func TestWrongDocuments(t *testing.T) {
	want := func(t *testing.T, text, path, message string, parse func(string) (described, error)) {
		t.Helper()
		_, err := parse(text)
		var wrong *DocumentError
		if !errors.As(err, &wrong) || wrong.Path != path || !strings.Contains(wrong.Message, message) || wrong.Document == "" {
			t.Errorf("%s: got %v, want an error at %q with %q", text, err, path, message)
		}
	}
	eachLeaf(t, func(t *testing.T, l leaf, parse func(string) (described, error)) {
		want(t, `null,"`+l.name+`":null`, l.path, "once", parse)
		want(t, `NaN`, "", "JSON", parse)
		inner := l.v.Type()
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		switch {
		case inner.Kind() == reflect.Slice:
			want(t, `{}`, l.path, "must be a list, not an object", parse)
			want(t, `[null]`, l.path+".0", "not null", parse)
			want(t, `[[]]`, l.path+".0", "not a list", parse)
			if inner.Elem().Kind() == reflect.Struct {
				want(t, `[{"unknown":1}]`, l.path+".0.unknown", "unknown key", parse)
			}
		case inner.Kind() == reflect.Int, inner.Kind() == reflect.Float64:
			want(t, `"1"`, l.path, "number", parse)
			want(t, `[]`, l.path, "not a list", parse)
			for _, number := range []string{"1e999", "-1e999", "1e300", "-99999999999999999999"} {
				want(t, number, l.path, "must be", parse)
			}
		case inner.Kind() == reflect.Bool:
			want(t, `1`, l.path, "true or false", parse)
		case inner.Kind() == reflect.String, inner.String() == "time.Time":
			want(t, `5`, l.path, "must be", parse)
		default:
			want(t, `[]`, l.path, "must be an object", parse)
			want(t, `{"unknown":1}`, l.path+".unknown", "", parse)
			want(t, `{"a":null,"a":null}`, l.path+".a", "", parse)
		}
	})
	for _, d := range documents {
		for _, document := range []string{``, `null`, `[]`, `5`, `{`, `{} {}`, `{}x`, `{"a" 1}`} {
			want(t, document, "", "must be one JSON object", func(text string) (described, error) { return d.parse([]byte(text)) })
		}
		want(t, `{"unknown":null}`, "unknown", "unknown key", func(text string) (described, error) { return d.parse([]byte(text)) })
	}
}
