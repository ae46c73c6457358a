package main

import (
	"io"
	"strings"
	"testing"
)

func TestWrongArguments(t *testing.T) {
	for line, want := range map[string]string{
		"sessions show": "usage: selene sessions show SESSION",
		"settings put":  "usage: selene settings put FILE",
		"worker nobody": `worker "nobody": use any of`,
	} {
		root, err := newRoot()
		if err != nil {
			t.Fatal(err)
		}
		root.SetArgs(strings.Fields(line))
		root.SetOut(io.Discard)
		if err := root.ExecuteContext(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("selene %s: error is %v, want one with %q", line, err, want)
		}
	}
}
