package schemas

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
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

// schemaProperties keep the order of the settings document, for forms.
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

// SettingsSchema is the JSON Schema (2020-12) of the settings document: of every setting a title, what it means, its
// bounds and its default, in the order of the document. Validate knows a few rules between settings that it does not
// hold, such as that a video has a bit rate or a quality.
func SettingsSchema() ([]byte, error) {
	root := schemaOf(reflect.ValueOf(*DefaultSettings()), "")
	root.Schema, root.Title = "https://json-schema.org/draft/2020-12/schema", "Settings"
	root.Description = "How sessions are judged. What a document leaves out, or sets to null, keeps its default."
	data, err := json.Marshal(root)
	if err != nil {
		return nil, fmt.Errorf("encode the schema of the settings: %w", err)
	}
	return data, nil
}

// schemaOf is the schema of a value, which is the default. One without a value, in a list, has none.
func schemaOf(v reflect.Value, name string) *schemaNode {
	r := rules[name]
	n := &schemaNode{Title: r.title, Description: r.about, Enum: r.enum}
	if r.bounds != nil {
		n.Minimum, n.Maximum = &r.bounds[0], &r.bounds[1]
	}
	if r.not0 {
		n.Not = &schemaConst{0}
	}
	if r.shape != nil {
		n.Pattern = r.shape.String()
	}
	if r.secret {
		n.Format, n.WriteOnly = "password", true
	}
	kind := v.Type()
	if kind.Kind() == reflect.Pointer {
		n.Type = []string{typeName(kind.Elem()), "null"}
		return n
	}
	n.Type = typeName(kind)
	switch kind.Kind() {
	case reflect.Struct:
		closed := false
		n.Additional = &closed
		for field, value := range v.Fields() {
			key := field.Tag.Get("json")
			n.Properties = append(n.Properties, schemaProperty{key, schemaOf(value, strings.TrimPrefix(name+"."+key, "."))})
		}
		return n
	case reflect.Slice:
		n.Enum, n.UniqueItems = nil, r.enum != nil
		n.Items = schemaOf(reflect.Zero(kind.Elem()), name+".*")
		n.Items.Enum = r.enum
		for _, p := range n.Items.Properties {
			p.node.Default = nil
		}
	}
	n.Default = v.Interface()
	if strings.HasSuffix(name, ".*") {
		n.Default = nil
	}
	return n
}

func typeName(t reflect.Type) string {
	switch t.Kind() {
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
