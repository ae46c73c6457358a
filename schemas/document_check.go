package schemas

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// check returns a *DocumentError for the first value below d that its field does not allow.
func check(d described, path string) error {
	for _, e := range entriesOf(d) {
		if err := e.check(e.v, joinPath(path, e.name)); err != nil {
			return err
		}
	}
	return nil
}

func (f *field) check(v reflect.Value, path string) error {
	if part, ok := partOf(v); ok {
		return check(part, path)
	}
	if f.empty && v.IsZero() {
		return nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return f.check(v.Elem(), path)
	case reflect.Slice:
		return f.checkList(v, path)
	case reflect.Map:
		return f.checkMap(v, path)
	case reflect.Int:
		return f.checkNumber(float64(v.Int()), path)
	case reflect.Float64:
		return f.checkNumber(v.Float(), path)
	case reflect.String:
		return f.checkText(v.String(), path)
	}
	return nil
}

func (f *field) checkList(v reflect.Value, path string) error {
	if err := f.checkLength(v.Len(), path); err != nil {
		return err
	}
	seen := map[any]bool{}
	for i := range v.Len() {
		item, at := v.Index(i), joinPath(path, strconv.Itoa(i))
		if part, ok := partOf(item); ok {
			if err := check(part, at); err != nil {
				return err
			}
			continue
		}
		if err := f.checkText(item.String(), at); err != nil {
			return err
		}
		if f.unique && seen[item.String()] {
			return invalid(at, fmt.Sprintf("must be in the list once: %q is there twice", item.String()))
		}
		seen[item.String()] = true
	}
	return nil
}

func (f *field) checkMap(v reflect.Value, path string) error {
	if err := f.checkLength(v.Len(), path); err != nil {
		return err
	}
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, key := range keys {
		at := joinPath(path, key.String())
		item, ok := f.itemOf(key.String())
		if !ok {
			return f.wrongKey(at)
		}
		if err := item.check(v.MapIndex(key), at); err != nil {
			return err
		}
	}
	return nil
}

// itemOf returns the description of a map's value, and false when the map cannot have the key.
func (f *field) itemOf(key string) (*field, bool) {
	if f.anyKey != nil {
		return f.item, f.anyKey(key)
	}
	item, ok := f.keys[key]
	return &item, ok
}

func (f *field) wrongKey(path string) error {
	if f.anyKey != nil {
		return invalid(path, f.wantKey)
	}
	return unknownKey(path, slices.Sorted(maps.Keys(f.keys)))
}

func (f *field) checkLength(n int, path string) error {
	if f.high == 0 || float64(n) >= f.low && float64(n) <= f.high {
		return nil
	}
	return invalid(path, fmt.Sprintf("must have %s entries, not %d", f.bounds(), n))
}

func (f *field) checkNumber(n float64, path string) error {
	if f.low == 0 && f.high == 0 || n >= f.low && n <= f.high && (n != 0 || !f.not0) {
		return nil
	}
	return invalid(path, fmt.Sprintf("must be %s, not %s", f.numbers(), plainNumber(n)))
}

// numbers returns the range of a number in words.
func (f *field) numbers() string {
	if f.not0 { // below it is one number that means something else
		return fmt.Sprintf("from 1 to %s, or %s", plainNumber(f.high), plainNumber(f.low))
	}
	return "from " + f.bounds()
}

func (f *field) bounds() string { return plainNumber(f.low) + " to " + plainNumber(f.high) }

func plainNumber(n float64) string {
	if math.Abs(n) >= 1e15 {
		return strconv.FormatFloat(n, 'g', -1, 64)
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}

func (f *field) checkText(text, path string) error {
	switch {
	case f.oneOf != nil && !slices.Contains(f.oneOf, text):
		return invalid(path, fmt.Sprintf("must be one of %s, not %.40q", strings.Join(f.oneOf, ", "), text))
	case f.shape != nil && !f.shape.MatchString(text), f.allowed != nil && !f.allowed(text):
		return invalid(path, fmt.Sprintf("%s, not %.80q", f.want, text))
	}
	return nil
}

// within returns a *DocumentError unless a value lies between two others of the document.
func within[T int | float64](path string, v, low, high T) error {
	if v >= low && v <= high {
		return nil
	}
	return invalid(path, fmt.Sprintf("must be from %v to %v, not %v", low, high, v))
}
