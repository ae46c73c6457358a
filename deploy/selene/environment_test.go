package main

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/selene-liveness/selene/edge"
)

// The table in deploy/README.md has every variable that is read.
func TestReadmeListsTheEnvironment(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	names := variables(reflect.TypeFor[edge.Config](), "")
	for part := range reflect.TypeFor[environment]().Fields() {
		names = append(names, variables(part.Type, envPrefix+"_")...)
	}
	if len(names) < 20 {
		t.Fatalf("only %d variables found: %v", len(names), names)
	}
	for _, name := range names {
		if !strings.Contains(string(readme), "| `"+name+"` |") {
			t.Errorf("deploy/README.md does not list %s", name)
		}
	}
}

func variables(of reflect.Type, prefix string) []string {
	var out []string
	for field := range of.Fields() {
		name, ok := field.Tag.Lookup("envconfig")
		switch {
		case field.Anonymous:
			out = append(out, variables(field.Type, prefix)...)
		case !ok:
		case field.Type.Kind() == reflect.Struct:
			out = append(out, variables(field.Type, prefix+name+"_")...)
		default:
			out = append(out, prefix+name)
		}
	}
	return out
}

func TestUsageErrorsExitWithOne(t *testing.T) {
	for _, args := range [][]string{
		{"no-such-command"},
		{"worker"},
		{"worker", "dentist"},
		{"worker", "matcher"}, // no broker named
		{"replay", "no-such-file.mp4", "--to", "ws://127.0.0.1:1/ws"},
		{"up", "--settings", "no-such-file.json", "--data", t.TempDir(), "--addr", "127.0.0.1:0"},
		{"settings", "check", "no-such-file.json"},
		{"models", "pull", "no-such-pack", "--from", t.TempDir()},
		{"sessions", "show", "x", "--data", t.TempDir()},
	} {
		t.Setenv("SELENE_NATS_URL", "")
		t.Setenv("SELENE_ADMIN_TOKEN", "")
		if code := run(t.Context(), args); code != 1 {
			t.Errorf("selene %s: exit code %d", strings.Join(args, " "), code)
		}
	}
}
