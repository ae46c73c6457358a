package schemas

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
)

// schemaNode is a JSON Schema of one value. Type is a name or several.
type schemaNode struct {
	Schema      string           `json:"$schema,omitempty"`
	Title       string           `json:"title,omitempty"`
	Description string           `json:"description,omitempty"`
	Type        any              `json:"type"`
	Enum        []string         `json:"enum,omitempty"`
	Minimum     *float64         `json:"minimum,omitempty"`
	Maximum     *float64         `json:"maximum,omitempty"`
	Not         *schemaConst     `json:"not,omitempty"`
	Pattern     string           `json:"pattern,omitempty"`
	Format      string           `json:"format,omitempty"` // password
	WriteOnly   bool             `json:"writeOnly,omitempty"`
	Properties  schemaProperties `json:"properties,omitempty"`
	Additional  *bool            `json:"additionalProperties,omitempty"`
	Items       *schemaNode      `json:"items,omitempty"`
	UniqueItems bool             `json:"uniqueItems,omitempty"`
	Default     any              `json:"default,omitempty"`
}

type schemaConst struct {
	Const float64 `json:"const"`
}

type schemaProperty struct {
	key  string
	node *schemaNode
}

// schemaProperties keep the order of the document, for forms.
type schemaProperties []schemaProperty

func (p schemaProperties) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	for i, property := range p {
		node, err := json.Marshal(property.node)
		if err != nil {
			return nil, fmt.Errorf("schema of %s: %w", property.key, err)
		}
		before := ","
		if i == 0 {
			before = "{"
		}
		fmt.Fprintf(&out, "%s%q:%s", before, property.key, node)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// schemaOf returns the schema of an object with its fields. The items of a list have no defaults.
func schemaOf(d described, defaults bool) *schemaNode {
	closed := false
	n := &schemaNode{Type: "object", Additional: &closed}
	for _, e := range entriesOf(d) {
		n.Properties = append(n.Properties, schemaProperty{e.name, e.schema(e.v, defaults)})
	}
	return n
}

func (f *field) schema(v reflect.Value, defaults bool) *schemaNode {
	if part, ok := partOf(v); ok {
		n := schemaOf(part, defaults)
		n.Title, n.Description = f.title, f.about
		return n
	}
	n := &schemaNode{Title: f.title, Description: f.description(v, defaults), Type: typeName(v.Type()), Enum: f.oneOf}
	if f.low != 0 || f.high != 0 {
		n.Minimum, n.Maximum = &f.low, &f.high
	}
	if f.not0 {
		n.Not = &schemaConst{0}
	}
	if f.shape != nil {
		n.Pattern = f.shape.String()
	}
	if f.secret {
		n.Format, n.WriteOnly = "password", true
	}
	if f.null != "" {
		n.Type = []string{typeName(v.Type()), "null"}
	}
	if v.Kind() == reflect.Slice {
		n.Enum, n.UniqueItems = nil, f.unique
		n.Items = &schemaNode{Type: typeName(v.Type().Elem()), Enum: f.oneOf}
		if part, ok := partOf(reflect.New(v.Type().Elem()).Elem()); ok {
			n.Items = schemaOf(part, false)
		}
	}
	if defaults && v.Kind() != reflect.Pointer {
		n.Default = v.Interface()
	}
	return n
}

// description returns the effect of a value, its range, what null means and the default, of a value that is not a list.
func (f *field) description(v reflect.Value, defaults bool) string {
	text := f.about
	if v.Kind() != reflect.Slice && f.high > f.low {
		text += " Range: " + f.numbers() + "."
	}
	if f.null != "" {
		text += " null: " + f.null + "."
	}
	if value := fmt.Sprint(v.Interface()); defaults && v.Kind() != reflect.Slice && v.Kind() != reflect.Pointer && value != "" {
		text += " Default: " + value + "."
	}
	return text
}

func typeName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return typeName(t.Elem())
	case reflect.Struct:
		return "object"
	case reflect.Slice:
		return "array"
	case reflect.Bool:
		return "boolean"
	case reflect.Int:
		return "integer"
	case reflect.Float64:
		return "number"
	}
	return "string"
}
