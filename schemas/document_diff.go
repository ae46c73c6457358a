package schemas

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// Masked replaces a secret wherever documents are shown.
const Masked = "********"

// secretsOf returns the secrets below d by path.
func secretsOf(d described, path string, into map[string]*string) map[string]*string {
	for _, e := range entriesOf(d) {
		at := joinPath(path, e.name)
		if part, ok := partOf(e.v); ok {
			secretsOf(part, at, into)
		}
		if e.secret {
			into[at] = e.at.(*string)
		}
	}
	return into
}

// SettingsChange is one value that differs between two documents. Secrets are masked in both.
type SettingsChange struct {
	Path string `json:"path"`
	From any    `json:"from"`
	To   any    `json:"to"`
}

// diffOf lists what differs between two documents, by path. A list is one value.
func diffOf(from, to described) ([]SettingsChange, error) {
	a, err := asTree(from)
	if err != nil {
		return nil, err
	}
	b, err := asTree(to)
	if err != nil {
		return nil, err
	}
	changes := diff([]SettingsChange{}, "", a, b)
	hide := func(v any) any {
		if v == "" {
			return v
		}
		return Masked
	}
	secrets := secretsOf(from, "", map[string]*string{})
	for i, c := range changes {
		if _, ok := secrets[c.Path]; ok {
			changes[i].From, changes[i].To = hide(c.From), hide(c.To)
		}
	}
	return changes, nil
}

func asTree(d described) (any, error) {
	data, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("encode a document: %w", err)
	}
	var tree any
	if err := json.Unmarshal(data, &tree); err != nil {
		return nil, fmt.Errorf("read a document back: %w", err)
	}
	return tree, nil
}

func diff(list []SettingsChange, path string, from, to any) []SettingsChange {
	a, ok := from.(map[string]any)
	b, also := to.(map[string]any)
	if ok && also {
		for _, key := range slices.Sorted(maps.Keys(a)) {
			list = diff(list, joinPath(path, key), a[key], b[key])
		}
		return list
	}
	if !reflect.DeepEqual(from, to) {
		list = append(list, SettingsChange{path, from, to})
	}
	return list
}
