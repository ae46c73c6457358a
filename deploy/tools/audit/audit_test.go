package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestVulnerabilities(t *testing.T) {
	const config = `{"config":{"scan_level":"symbol"}}`
	finding := func(module, function string) string {
		return `{"finding":{"osv":"GO-1","fixed_version":"v1.2.0","trace":[{"module":"` + module + `","version":"v1.1.0","package":"p","function":"` + function + `"}]}}`
	}
	for name, c := range map[string]struct{ in, says, err string }{
		"nothing found":            {in: config},
		"a dependency, not called": {in: config + finding("example.com/d", "")},
		"the standard library":     {in: config + finding("stdlib", "Get"), says: "GO-1 in p of stdlib v1.1.0: use v1.2.0 or newer"},
		"a dependency, called twice": {
			in: config + finding("example.com/d", "Get") + finding("example.com/d", "Put"), says: "GO-1 in p of example.com/d", err: "1 known",
		},
		"govulncheck failed": {err: "written nothing"},
		"half a message":     {in: config + `{"finding":`, err: "read what"},
	} {
		var out bytes.Buffer
		err := run([]string{"vulnerabilities"}, strings.NewReader(c.in), &out)
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) || !strings.Contains(out.String(), c.says) || c.says == "" && out.Len() > 0 {
			t.Errorf("%s: %q, %v", name, &out, err)
		}
	}
}

func TestLicences(t *testing.T) {
	for name, c := range map[string]struct{ component, err string }{
		"allowed":            {`{"name":"a","licenses":[{"license":{"id":"MIT"}}]}`, ""},
		"found in a file":    {`{"name":"a","evidence":{"licenses":[{"license":{"id":"BSD-3-Clause"}}]}}`, ""},
		"with a remark":      {`{"name":"a","licenses":[{"expression":"MIT; its training data are not stated"}]}`, ""},
		"an exception":       {`{"name":"axe-core","licenses":[{"license":{"id":"MPL-2.0"}}]}`, ""},
		"nobody's exception": {`{"name":"other","licenses":[{"license":{"id":"MPL-2.0"}}]}`, "MPL-2.0"},
		"not allowed":        {`{"name":"a","licenses":[{"license":{"id":"MIT"}},{"license":{"name":"GPL"}}]}`, "GPL"},
		"none":               {`{"name":"a"}`, "no licence"},
	} {
		path := filepath.Join(t.TempDir(), "bill.json")
		if err := os.WriteFile(path, []byte(`{"components":[`+c.component+`]}`), 0o600); err != nil {
			t.Fatal(err)
		}
		err := run([]string{"licences", path}, nil, io.Discard)
		if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The licences of the packs that this program can install.
func TestModels(t *testing.T) {
	var out bytes.Buffer
	if err := run([]string{"models", "../../../workers/vision/modelstore/base.json", "../../../workers/vision/modelstore/zoo.json"}, nil, &out); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "models.json")
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run([]string{"licences", path}, nil, io.Discard); err != nil || strings.Count(out.String(), "SHA-256") < 10 {
		t.Errorf("%v\n%s", err, &out)
	}
}
