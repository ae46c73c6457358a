package replay

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
)

// PrintJSON returns an OnReply that writes one JSON object per line.
func PrintJSON(w io.Writer) func(Reply) {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return func(r Reply) { _ = encoder.Encode(r) } //nolint:gosec // what is asked for: the token of the reply
}

// PrintText returns an OnReply that writes one line of text per reply.
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
