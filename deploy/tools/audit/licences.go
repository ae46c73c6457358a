package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// allowed lists the licences that ask for no more than a notice, by SPDX identifier.
var allowed = []string{
	"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "Unlicense", "(MIT OR CC0-1.0)",
	"BSD-Source-Code", // cyclonedx-gomod takes the BSD-3-Clause file of golang.org/x for it
}

// exceptions are components under other licences, and why they are in order.
var exceptions = map[string]string{
	"axe-core MPL-2.0":    "an unchanged tool of the browser tests",
	"argparse Python-2.0": "a part of a tool that makes types",
}

// licences returns an error that names each component of the bills whose licence is neither allowed nor an exception.
func licences(bills []string, out io.Writer) error {
	var wrong []error
	count := 0
	for _, path := range bills {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var bill bom
		if err := json.Unmarshal(text, &bill); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if len(bill.Components) == 0 {
			return fmt.Errorf("%s lists nothing", path)
		}
		for _, c := range bill.Components {
			count++
			if err := c.check(); err != nil {
				wrong = append(wrong, fmt.Errorf("%s: %w", path, err))
			}
		}
	}
	if len(wrong) > 0 {
		return errors.Join(wrong...)
	}
	_, err := fmt.Fprintf(out, "%d components have licences that are allowed\n", count)
	return err
}

func (c component) check() error {
	choices := c.Licences
	if c.Evidence != nil {
		choices = append(choices, c.Evidence.Licences...)
	}
	if len(choices) == 0 {
		return fmt.Errorf("%s %s states no licence", c.Name, c.Version)
	}
	for _, l := range choices {
		name := l.Expression
		if l.Licence != nil {
			name = l.Licence.ID + l.Licence.Name
		}
		name, _, _ = strings.Cut(name, ";") // a remark may follow
		if _, excepted := exceptions[c.Name+" "+name]; !excepted && !slices.Contains(allowed, name) {
			return fmt.Errorf("%s %s is under %q, which is not among the allowed licences", c.Name, c.Version, name)
		}
	}
	return nil
}
