package rerun

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// WriteText writes the result as text: one line when nothing changed.
func (r *Result) WriteText(w io.Writer) error {
	var out strings.Builder
	fmt.Fprintf(&out, "%s  %d frames  ", r.Session, r.Frames)
	switch {
	case r.Unfit != "":
		fmt.Fprintf(&out, "not judged: %s\n", r.Unfit)
	case r.Flipped():
		fmt.Fprintf(&out, "%s -> %s\n", r.Before, r.After)
	case r.Identical():
		fmt.Fprintf(&out, "identical  %s\n", r.Before)
	default:
		fmt.Fprintf(&out, "%d of %d verdicts differ  %s\n", len(r.Fields), r.Verdicts, r.Before)
	}
	for _, left := range r.leftOut() {
		fmt.Fprintf(&out, "  %s\n", left)
	}
	for _, c := range r.Codes {
		fmt.Fprintf(&out, "  frame %d: %v -> %v\n", c.Frame, c.Before, c.After)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// leftOut returns what the comparison leaves out, in words.
func (r *Result) leftOut() []string {
	return slices.Concat(r.Notes, framesLeftOut(r.Missing, r.Late, r.Beyond))
}

// LeftOut returns what the comparisons leave out, in words.
func (t *Totals) LeftOut() []string {
	var out []string
	for _, note := range slices.Sorted(maps.Keys(t.Notes)) {
		out = append(out, fmt.Sprintf("%d sessions: %s", t.Notes[note], note))
	}
	return append(out, framesLeftOut(t.Missing, t.Late, t.Beyond)...)
}

func framesLeftOut(missing, late, beyond int) []string {
	var out []string
	for _, left := range []struct {
		frames int
		why    string
	}{
		{missing, "are no longer stored"},
		{late, "fail again because a verdict was late, and do not count"},
		{beyond, "were not judged, because their sessions now end earlier"},
	} {
		if left.frames > 0 {
			out = append(out, fmt.Sprintf("%d frames %s", left.frames, left.why))
		}
	}
	return out
}
