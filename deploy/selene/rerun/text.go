package rerun

import (
	"fmt"
	"io"
	"strings"
)

// WriteText writes what changed in a session for people, in one line when nothing did.
func (r *Result) WriteText(w io.Writer) error {
	var out strings.Builder
	fmt.Fprintf(&out, "%s  %d frames  ", r.Session, r.Frames)
	switch {
	case r.Flipped():
		fmt.Fprintf(&out, "%s -> %s\n", r.Before, r.After)
	case r.Identical():
		fmt.Fprintf(&out, "identical  %s\n", r.Before)
	default:
		fmt.Fprintf(&out, "%d of %d verdicts differ  %s\n", len(r.Fields), r.Verdicts, r.Before)
	}
	for _, c := range r.Codes {
		fmt.Fprintf(&out, "  frame %d: %v -> %v\n", c.Frame, c.Before, c.After)
	}
	_, err := io.WriteString(w, out.String())
	return err
}
