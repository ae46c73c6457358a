package rerun

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/selene-liveness/selene/schemas"
)

// Difference is one field whose value changed.
type Difference struct {
	Field  string `json:"field"` // dotted path
	Before string `json:"before"`
	After  string `json:"after"`
}

// mostDifferences is the number of differences listed for one message.
const mostDifferences = 20

// compare returns the fields that differ, and nil when the encoded messages are equal.
func compare(before, after proto.Message) ([]Difference, error) {
	a, err := schemas.Marshal(before)
	if err != nil {
		return nil, err
	}
	b, err := schemas.Marshal(after)
	if err != nil {
		return nil, err
	}
	if bytes.Equal(a, b) {
		return nil, nil
	}
	var out []Difference
	walk("", before.ProtoReflect(), after.ProtoReflect(), &out)
	if len(out) == 0 { // in fields that this program does not know
		out = append(out, Difference{Field: "(bytes)", Before: fmt.Sprintf("%d bytes", len(a)), After: fmt.Sprintf("%d bytes", len(b))})
	}
	return out, nil
}

func walk(path string, a, b protoreflect.Message, out *[]Difference) {
	fields := a.Descriptor().Fields()
	for i := range fields.Len() {
		if len(*out) >= mostDifferences {
			return
		}
		f := fields.Get(i)
		name := path + string(f.Name())
		if a.Has(f) != b.Has(f) {
			*out = append(*out, Difference{name, text(a, f), text(b, f)})
			continue
		}
		if !a.Has(f) || a.Get(f).Equal(b.Get(f)) {
			continue
		}
		if f.Message() != nil && !f.IsList() && !f.IsMap() {
			walk(name+".", a.Get(f).Message(), b.Get(f).Message(), out)
			continue
		}
		*out = append(*out, Difference{name, text(a, f), text(b, f)})
	}
}

// mostText is the longest value that is shown, in bytes.
const mostText = 200

func text(m protoreflect.Message, f protoreflect.FieldDescriptor) string {
	if !m.Has(f) {
		return "(absent)"
	}
	v := m.Get(f)
	s := ""
	switch {
	case f.IsMap():
		s = fmt.Sprintf("%d entries", v.Map().Len())
		if f.MapValue().Kind() == protoreflect.BytesKind {
			var entries []string
			v.Map().Range(func(k protoreflect.MapKey, v protoreflect.Value) bool {
				entries = append(entries, fmt.Sprintf("%s=%x", k.String(), v.Bytes()))
				return true
			})
			slices.Sort(entries)
			s += ": " + strings.Join(entries, " ")
		}
	case f.IsList() && f.Message() != nil:
		s = fmt.Sprintf("%d entries", v.List().Len())
	case f.IsList():
		for i := range v.List().Len() {
			s += " " + v.List().Get(i).String()
		}
		s = "[" + strings.TrimSpace(s) + "]"
	case f.Kind() == protoreflect.BytesKind:
		s = fmt.Sprintf("%x", v.Bytes())
	default:
		s = v.String()
	}
	if len(s) > mostText {
		s = s[:mostText] + "…"
	}
	return s
}
