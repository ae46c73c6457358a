package gateway

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
)

// Bounds of what a client says of its camera, in bytes. It travels with each frame.
const (
	maxCamera       = 256
	maxCapabilities = 2048
	maxPlatform     = 256
)

// deviceOf is what a client says of its camera, or nil when it says nothing. Names are cut at their bounds and lose what
// cannot be printed; capabilities that are too long or no JSON object are left out, for half of them is nothing.
func deviceOf(r lpproto.ConnectRequest) *schemas.Device {
	d := &schemas.Device{
		Camera: printable(r.Device, maxCamera), Capabilities: jsonObject(r.Capabilities, maxCapabilities), Platform: printable(r.Platform, maxPlatform),
	}
	if d.GetCamera() == "" && d.GetCapabilities() == "" && d.GetPlatform() == "" {
		return nil
	}
	return d
}

func printable(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
	s = strings.ToValidUTF8(s[:min(len(s), most)], "") // a rune may have been cut
	return strings.TrimSpace(s)
}

func jsonObject(s string, most int) string {
	var out bytes.Buffer
	if !strings.HasPrefix(s, "{") || json.Compact(&out, []byte(s)) != nil || out.Len() > most {
		return ""
	}
	return out.String()
}
