package security

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Each test that the table of attacks names exists, and each test of this folder is in the table.
func TestTableOfAttacks(t *testing.T) {
	table, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	has := func(folder, test string) bool {
		files, err := filepath.Glob(filepath.Join("../..", folder, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			if text, err := os.ReadFile(path); err != nil || strings.Contains(string(text), "func "+test+"(") {
				return err == nil
			}
		}
		return false
	}
	named := regexp.MustCompile("`([a-z0-9/]+)\\.(Test[A-Za-z0-9]+)`").FindAllStringSubmatch(string(table), -1)
	if len(named) < 40 {
		t.Fatalf("only %d tests are named", len(named))
	}
	for _, n := range named {
		if !has(n[1], n[2]) {
			t.Errorf("%s has no test %s", n[1], n[2])
		}
	}
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, test := range regexp.MustCompile(`(?m)^func (Test[A-Z][a-zA-Z0-9]*)\(t \*`).FindAllStringSubmatch(string(text), -1) {
			if name := test[1]; name != "TestTableOfAttacks" && !strings.Contains(string(table), "`test/security."+name+"`") {
				t.Errorf("the table does not have %s", name)
			}
		}
	}
}
