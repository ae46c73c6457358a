package schemas

import (
	"reflect"
	"regexp"
	"strings"
)

// described is a struct of a document, or of a part of one, that lists its fields.
type described interface {
	fields() []field
}

// field describes one value of a document. Its name is the JSON tag of the struct's field; everything else is stated here,
// once: parsing, defaults, checks, the JSON Schema and the reference page follow from it.
type field struct {
	at    any    // pointer to the struct's field
	title string // what an operator looks for
	about string // its effect and its unit

	value any    // the default; nil is the zero value
	empty bool   // an empty value, such as 0 or "", stands for the default
	null  string // what null means when it does not stand for the default, and then
	none  any    // the value it is stored as; nil for a pointer

	low, high float64 // bounds of a number, or of the length of a list or map; both 0 = any
	not0      bool    // 0 is not allowed, although it is within the bounds

	oneOf   []string          // the strings allowed
	shape   *regexp.Regexp    // of a string
	allowed func(string) bool // of a string, where no regular expression can decide
	want    string            // what shape or allowed ask for: "must be …"
	unique  bool              // a list has no value twice
	secret  bool              // a string that is shown as Masked

	keys    map[string]field  // the keys of a map and their values; or
	anyKey  func(string) bool // reports whether a map can have a key, whose value item describes
	item    *field
	wantKey string // what anyKey asks for
}

// entry is a field with its name and its value.
type entry struct {
	field
	name string
	v    reflect.Value
}

// entriesOf lists the fields of a struct in their order.
func entriesOf(d described) []entry {
	s := reflect.ValueOf(d).Elem()
	var list []entry
	for _, f := range d.fields() {
		at := reflect.ValueOf(f.at)
		for tag, v := range s.Fields() {
			if v.Addr().Pointer() == at.Pointer() && v.Addr().Type() == at.Type() {
				name, _, _ := strings.Cut(tag.Tag.Get("json"), ",")
				list = append(list, entry{f, name, v})
			}
		}
	}
	return list
}

// partOf returns a struct that lists its fields, and false for any other value.
func partOf(v reflect.Value) (described, bool) {
	if v.Kind() != reflect.Struct {
		return nil, false
	}
	d, ok := v.Addr().Interface().(described)
	return d, ok
}

// setDefaults gives every field its default.
func setDefaults(d described) {
	for _, e := range entriesOf(d) {
		if part, ok := partOf(e.v); ok {
			setDefaults(part)
			continue
		}
		e.setDefault(e.v)
	}
}

func (f *field) setDefault(v reflect.Value) {
	if f.value == nil {
		v.SetZero()
		return
	}
	value := reflect.ValueOf(f.value)
	if value.Kind() == reflect.Slice { // nobody changes the default by changing a list
		value = reflect.AppendSlice(reflect.MakeSlice(value.Type(), 0, value.Len()), value)
	}
	v.Set(value)
}

func joinPath(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
