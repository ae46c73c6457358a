package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// bom is the part of a CycloneDX bill of materials that is read and written here.
type bom struct {
	Format     string      `json:"bomFormat"`
	Version    string      `json:"specVersion"`
	Components []component `json:"components"`
}

type component struct {
	Type     string    `json:"type"`
	Name     string    `json:"name"`
	Version  string    `json:"version,omitempty"`
	Hashes   []hash    `json:"hashes,omitempty"`
	Licences []choice  `json:"licenses,omitempty"`
	Evidence *evidence `json:"evidence,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

// choice is a licence: its SPDX identifier, its name, or an SPDX expression.
type choice struct {
	Licence *struct {
		ID   string `json:"id,omitempty"`
		Name string `json:"name,omitempty"`
	} `json:"license,omitempty"`
	Expression string `json:"expression,omitempty"`
}

type evidence struct {
	Licences []choice `json:"licenses"`
}

// writeModels writes the bill of the model files that the descriptions of packs name.
func writeModels(descriptions []string, out io.Writer) error {
	bill := bom{Format: "CycloneDX", Version: "1.6"}
	for _, path := range descriptions {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var d struct {
			Pack struct {
				Name, Version string
				Roles         map[string]struct{ Files, SHA256, Licence []string }
			}
		}
		if err := json.Unmarshal(text, &d); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		for role, r := range d.Pack.Roles {
			for i, file := range r.Files {
				if i >= len(r.SHA256) || i >= len(r.Licence) {
					return fmt.Errorf("%s: role %s: %s has no digest or licence", path, role, file)
				}
				bill.Components = append(bill.Components, component{
					Type: "machine-learning-model", Name: d.Pack.Name + "/" + file, Version: d.Pack.Version,
					Hashes: []hash{{"SHA-256", r.SHA256[i]}}, Licences: []choice{{Expression: r.Licence[i]}},
				})
			}
		}
	}
	slices.SortFunc(bill.Components, func(a, b component) int { return strings.Compare(a.Name, b.Name) })
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(bill)
}
