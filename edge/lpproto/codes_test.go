package lpproto

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestSystemCodes(t *testing.T) {
	open := []int{CodeInternal, CodeBadImage, CodeContentType, CodeLockStep, CodeBusy}
	for i, c := range SystemCodes {
		if c.Number != CodeInternal+i || c.Text == "" || c.Cause == "" {
			t.Errorf("row %d is %+v", i, c)
		}
		if CodeName(c.Number) != c.Text || StaysOpen(c.Number) != slices.Contains(open, c.Number) {
			t.Errorf("%d is %q and stays open: %v", c.Number, CodeName(c.Number), StaysOpen(c.Number))
		}
		if CloseReason(CloseCode(c.Number)) == "" || c.Close != 0 && CloseCode(c.Number) != c.Close {
			t.Errorf("%d closes with %d", c.Number, CloseCode(c.Number))
		}
	}
	if CodeName(7) != "code 7" || StaysOpen(7) || CloseCode(7) != CloseInternal {
		t.Error("an unknown system code has a name")
	}
}

func TestCloses(t *testing.T) {
	last := 0
	for _, c := range Closes {
		if c.Number <= last || c.Cause == "" || CloseReason(c.Number) != c.Reason || len(c.Reason) == 0 || len(c.Reason) > 123 {
			t.Errorf("after %d: %+v", last, c)
		}
		last = c.Number
	}
	if CloseReason(7) != "" {
		t.Error("an unknown close code has a reason")
	}
}

// The tables of README.md are those of this package.
func TestCodesInReadme(t *testing.T) {
	page, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	system := "| code | cause | socket |\n|---|---|---|\n"
	for _, c := range SystemCodes {
		socket := "stays open"
		if c.Close != 0 {
			socket = fmt.Sprint("closes with ", c.Close)
		}
		system += fmt.Sprintf("| %d | %s | %s |\n", c.Number, c.Cause, socket)
	}
	closes := "| code | cause |\n|---|---|\n"
	for _, c := range Closes {
		closes += fmt.Sprintf("| %d | %s |\n", c.Number, c.Cause)
	}
	for _, table := range []string{system, closes} {
		if !strings.Contains(string(page), "\n"+table+"\n") {
			t.Errorf("README.md does not have this table:\n%s", table)
		}
	}
}
