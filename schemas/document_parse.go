package schemas

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// reader reads a document into the struct that describes it.
type reader struct {
	tokens *json.Decoder
	given  map[string]bool // paths of the values that are there and not null
	stored bool            // the document was stored by us: a list that reads null is empty
}

// parse fills d with its defaults and then with what the document has. The error of a value that is not allowed by its
// type, of an unknown key and of a key that is there twice is a *DocumentError.
func parse(document []byte, d described, stored bool) (given map[string]bool, err error) {
	var whole json.RawMessage
	if err := json.Unmarshal(document, &whole); err != nil {
		return nil, invalid("", "must be one JSON object: "+err.Error())
	}
	if !bytes.HasPrefix(whole, []byte("{")) {
		return nil, invalid("", "must be one JSON object")
	}
	r := reader{json.NewDecoder(bytes.NewReader(whole)), map[string]bool{}, stored}
	r.tokens.UseNumber()
	setDefaults(d)
	r.token() // the brace
	return r.given, r.object(d, "")
}

// token returns the next token. It cannot fail: the syntax of the whole document has been checked.
func (r *reader) token() json.Token {
	t, err := r.tokens.Token()
	if err != nil {
		panic(fmt.Sprintf("valid JSON cannot be read: %v", err))
	}
	return t
}

// object reads the keys of an object, whose brace has been read.
func (r *reader) object(d described, path string) error {
	fields := map[string]entry{}
	for _, e := range entriesOf(d) {
		fields[e.name] = e
	}
	return r.eachKey(path, func(key, path string) error {
		e, ok := fields[key]
		if !ok {
			return unknownKey(path, slices.Sorted(maps.Keys(fields)))
		}
		return r.value(&e.field, e.v, path)
	})
}

func unknownKey(path string, known []string) error {
	return invalid(path, "unknown key; the keys known here are "+strings.Join(known, ", "))
}

func (r *reader) eachKey(path string, read func(key, path string) error) error {
	seen := map[string]bool{}
	for r.tokens.More() {
		key := r.token().(string)
		at := joinPath(path, key)
		if seen[key] {
			return invalid(at, "must be there once, not twice")
		}
		seen[key] = true
		if err := read(key, at); err != nil {
			return err
		}
	}
	r.token() // the closing brace
	return nil
}

// value reads one value of a field.
func (r *reader) value(f *field, v reflect.Value, path string) error {
	t := r.token()
	if t == nil {
		r.null(f, v)
		return nil
	}
	r.given[path] = true
	if err := r.fill(f, v, t, path); err != nil {
		return err
	}
	if f.empty && v.IsZero() {
		f.setDefault(v)
	}
	return nil
}

// null leaves a value at its default unless null has a special meaning.
func (r *reader) null(f *field, v reflect.Value) {
	switch {
	case f.null != "" && f.none != nil:
		v.Set(reflect.ValueOf(f.none))
	case f.null != "":
		v.SetZero()
	case r.stored && v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	}
}

func (r *reader) fill(f *field, v reflect.Value, t json.Token, path string) error {
	if part, ok := partOf(v); ok {
		if t != json.Delim('{') {
			return wrongType(f, v, t, path)
		}
		return r.object(part, path)
	}
	switch v.Kind() {
	case reflect.Pointer:
		n := reflect.New(v.Type().Elem())
		if part, ok := partOf(n.Elem()); ok {
			setDefaults(part)
		}
		if err := r.fill(f, n.Elem(), t, path); err != nil {
			return err
		}
		v.Set(n)
		return nil
	case reflect.Slice:
		if t == json.Delim('[') {
			return r.list(f, v, path)
		}
	case reflect.Map:
		if t == json.Delim('{') {
			return r.keyed(f, v, path)
		}
	default:
		if setScalar(v, t) {
			return nil
		}
	}
	return wrongType(f, v, t, path)
}

func (r *reader) list(f *field, v reflect.Value, path string) error {
	list := reflect.MakeSlice(v.Type(), 0, 0)
	for r.tokens.More() {
		item, at := reflect.New(v.Type().Elem()).Elem(), joinPath(path, strconv.Itoa(list.Len()))
		if part, ok := partOf(item); ok {
			setDefaults(part)
		}
		if err := r.fill(f, item, r.token(), at); err != nil { // null has no default to keep in a list
			return err
		}
		list = reflect.Append(list, item)
	}
	r.token() // the closing bracket
	v.Set(list)
	return nil
}

// keyed reads a map. A key that reads null is left out.
func (r *reader) keyed(f *field, v reflect.Value, path string) error {
	v.Set(reflect.MakeMap(v.Type()))
	return r.eachKey(path, func(key, path string) error {
		item, ok := f.itemOf(key)
		if !ok {
			return f.wrongKey(path)
		}
		t := r.token()
		if t == nil {
			return nil
		}
		one := reflect.New(v.Type().Elem()).Elem()
		if err := r.fill(item, one, t, path); err != nil {
			return err
		}
		v.SetMapIndex(reflect.ValueOf(key), one)
		return nil
	})
}
