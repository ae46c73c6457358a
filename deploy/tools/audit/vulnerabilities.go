package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
)

// standardLibrary is what govulncheck calls the module that comes with Go.
const standardLibrary = "stdlib"

// finding is a message of `govulncheck -format json`. Trace starts at the vulnerable symbol; without a function, none is called.
type finding struct {
	OSV   string `json:"osv"`
	Fixed string `json:"fixed_version"`
	Trace []struct {
		Module, Version, Package, Function string
	}
}

// vulnerabilities returns an error if the program calls a vulnerable function of a dependency. Those of the standard library are
// listed only: they are mended by the Go release that somebody builds with, not here.
func vulnerabilities(in io.Reader, out io.Writer) error {
	decoder := json.NewDecoder(in)
	called, started := map[string]bool{}, false
	failed := 0
	for {
		var message struct {
			Config  *struct{}
			Finding *finding
		}
		if err := decoder.Decode(&message); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("read what govulncheck found: %w", err)
		}
		started = started || message.Config != nil
		f := message.Finding
		if f == nil || len(f.Trace) == 0 || f.Trace[0].Function == "" {
			continue
		}
		at := f.Trace[0]
		fix := "no version mends it yet"
		if f.Fixed != "" {
			fix = "use " + f.Fixed + " or newer"
		}
		line := fmt.Sprintf("%s in %s of %s %s: %s", f.OSV, at.Package, at.Module, at.Version, fix)
		if !called[line] && at.Module != standardLibrary {
			failed++
		}
		called[line] = true
	}
	if !started {
		return errors.New("govulncheck has written nothing")
	}
	for _, line := range slices.Sorted(maps.Keys(called)) {
		fmt.Fprintln(out, line)
	}
	if len(called) > failed {
		fmt.Fprintln(out, "those of stdlib are mended by building with a newer release of Go")
	}
	if failed > 0 {
		return fmt.Errorf("%d known vulnerabilities of dependencies are in use", failed)
	}
	return nil
}
