// Command audit judges what the tools of `make audit` have found: known vulnerabilities, and the licences of everything that
// Selene is built from.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "audit:", err)
		os.Exit(1)
	}
}

func run(args []string, in io.Reader, out io.Writer) error {
	switch {
	case len(args) == 1 && args[0] == "vulnerabilities":
		return vulnerabilities(in, out)
	case len(args) > 1 && args[0] == "models":
		return writeModels(args[1:], out)
	case len(args) > 1 && args[0] == "licences":
		return licences(args[1:], out)
	}
	return errors.New("usage: audit vulnerabilities < GOVULNCHECK_JSON | audit models DESCRIPTION... | audit licences BOM")
}
