package terminal

import (
	"strings"
	"testing"
)

func TestBar(t *testing.T) {
	var b strings.Builder
	bar := NewBar(&b)
	bar.Draw(Progress{Stage: "sending", Detail: "5 frames", Fraction: 0.5})
	if want := "sending   [###############---------------]  50 %  5 frames"; b.String() != want {
		t.Errorf("drew %q, want %q", b.String(), want)
	}
	b.Reset()
	bar.Wipe()
	bar.Wipe()
	if got := b.String(); strings.Count(got, "\r") != 2 {
		t.Errorf("wiped with %q", got)
	}
	b.Reset()
	bar.Draw(Progress{Stage: "judged", Detail: "7 frames", Fraction: -1})
	if want := "judged: 7 frames"; b.String() != want {
		t.Errorf("drew %q, want %q", b.String(), want)
	}
}

func TestNoBarWithoutTerminal(t *testing.T) {
	var bar *Bar
	bar.Draw(Progress{})
	bar.Wipe()
}
