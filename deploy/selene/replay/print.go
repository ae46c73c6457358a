package replay

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
)

// PrintJSON gives an OnReply that writes one JSON object a line.
func PrintJSON(w io.Writer) func(Reply) {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return func(r Reply) { _ = encoder.Encode(r) }
}

// PrintText gives an OnReply that writes one readable line a reply.
func PrintText(w io.Writer) func(Reply) {
	return func(r Reply) { fmt.Fprintf(w, "%5d  %-7s %s  %.0f ms\n", r.Seq, r.Command, words(r), r.MS) }
}

func words(r Reply) string {
	switch r.Command {
	case string(lpproto.Stats):
		names := make([]string, len(r.Errors))
		for i, code := range r.Errors {
			names[i] = strings.TrimSpace(strconv.Itoa(code) + " " + schemas.CodeName(int32(code)))
		}
		return strings.Join(names, ", ")
	case string(lpproto.Success):
		return fmt.Sprintf("token of %d bytes", len(r.JWT))
	case string(lpproto.Failure):
		return fmt.Sprintf("%d %s", r.Error, lpproto.CodeName(r.Error))
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", r.Code, r.Reason))
}

// IsTerminal reports whether a person watches f.
func IsTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

const barWidth = 30

// ProgressBar gives an OnProgress that draws one line again and again, and a function
// that wipes it, to be called before anything else is written to the terminal and at the end.
func ProgressBar(w io.Writer) (draw func(Progress), wipe func()) {
	drawn := 0
	wipe = func() {
		if drawn > 0 {
			fmt.Fprint(w, "\r"+strings.Repeat(" ", drawn)+"\r")
			drawn = 0
		}
	}
	return func(p Progress) {
		line := fmt.Sprintf("%s: %d frames", p.Stage, p.Frames)
		if p.Fraction >= 0 {
			full := int(min(1, p.Fraction) * barWidth)
			line = fmt.Sprintf("%-9s [%s%s] %3.0f %%  %d frames", p.Stage, strings.Repeat("#", full), strings.Repeat("-", barWidth-full), min(1, p.Fraction)*100, p.Frames)
		}
		wipe()
		fmt.Fprint(w, line)
		drawn = len(line)
	}, wipe
}
