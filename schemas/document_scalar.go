package schemas

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"time"
)

// setScalar reads a token into a value, and reports whether the token has its type.
func setScalar(v reflect.Value, t json.Token) bool {
	switch at := v.Addr().Interface().(type) {
	case *string:
		text, ok := t.(string)
		*at = text
		return ok
	case *bool:
		on, ok := t.(bool)
		*at = on
		return ok
	case *int:
		number, _ := t.(json.Number)
		n, err := strconv.Atoi(number.String())
		*at = n
		return err == nil
	case *float64:
		number, _ := t.(json.Number)
		n, err := strconv.ParseFloat(number.String(), 64)
		*at = n
		return err == nil
	case *time.Time:
		text, _ := t.(string)
		return at.UnmarshalText([]byte(text)) == nil
	}
	return false
}

// wrongType returns the error for a token that cannot be read as a value.
func wrongType(f *field, v reflect.Value, t json.Token, path string) error {
	want := "must be an object"
	switch v.Interface().(type) {
	case string:
		want = "must be a string"
	case bool:
		want = "must be true or false"
	case int:
		want = "must be a whole number"
	case float64:
		want = "must be a number"
	case time.Time:
		want = "must be a time with its zone, such as 2026-03-04T05:06:07Z"
	default:
		if v.Kind() == reflect.Slice {
			want = "must be a list"
		}
	}
	if (v.Kind() == reflect.Int || v.Kind() == reflect.Float64) && f.high > f.low {
		want += " " + f.numbers()
	}
	if f.secret {
		return invalid(path, want)
	}
	got := fmt.Sprintf("%.40q", fmt.Sprint(t))
	switch t := t.(type) {
	case nil:
		got = "null"
	case json.Delim:
		got = map[json.Delim]string{'{': "an object", '[': "a list"}[t]
	case json.Number, bool:
		got = fmt.Sprintf("%.40s", fmt.Sprint(t))
	}
	return invalid(path, want+", not "+got)
}
