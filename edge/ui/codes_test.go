package ui

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
)

var update = flag.Bool("update", false, "rewrite the TypeScript files with the tables of codes")

const generated = "// Generated from schemas/codes.go and edge/lpproto by `go generate ./edge/ui`. Do not edit.\n"

// The pages list the codes of the server. TypeScript checks that there is a text for each.
func TestCodes(t *testing.T) {
	var names, texts, system, closes strings.Builder
	for _, c := range schemas.Codes {
		fmt.Fprintf(&names, "  %d: %q,\n", c.Number, c.Name)
		fmt.Fprintf(&texts, "  %d: %q,\n", c.Number, c.Text)
	}
	for _, c := range lpproto.SystemCodes {
		fmt.Fprintf(&system, "  %d: %q,\n", c.Number, c.Text)
	}
	for _, c := range lpproto.Closes {
		fmt.Fprintf(&closes, "  %d: %q,\n", c.Number, c.Reason)
	}
	table := func(comment, name, of string, rows fmt.Stringer) string {
		return fmt.Sprintf("\n/** %s */\nexport const %s = {\n%s} as const;\nexport type %s = keyof typeof %s;\n", comment, name, rows, of, name)
	}
	for path, want := range map[string]string{
		"lib/codes.ts": generated +
			table("Check codes of STATS, by name.", "CHECK_NAMES", "CheckCode", &names) +
			table("System codes of ERROR, in words.", "SYSTEM_CODES", "SystemCode", &system) +
			table("Close codes that a server sends, in words.", "CLOSE_CODES", "CloseCode", &closes),
		"admin/texts/en_codes.ts": generated +
			"import type { CheckCode } from \"../../lib/codes\";\n\n" +
			"/** What is wrong with a frame, by check code. */\nexport const codes: Record<number, string> = {\n" + texts.String() + "} satisfies Record<CheckCode, string>;\n",
	} {
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != want {
			t.Errorf("%s is out of date: run `go generate ./edge/ui`", path)
		}
	}
}
