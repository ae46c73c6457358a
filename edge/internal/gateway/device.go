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

// Bounds of a client's description of its camera, in bytes. It travels with each frame.
const (
	maxCamera       = 256
	maxCapabilities = 2048
	maxPlatform     = 256
)

// deviceOf returns a client's description of its camera, or nil if there is none. Names are truncated and lose unprintable
// characters. Capabilities that are too long or not a JSON object are dropped.
func deviceOf(r lpproto.ConnectRequest) *schemas.Device {
	d := &schemas.Device{
		Camera: printable(
			r.Device,
			maxCamera,
		),
		Capabilities: jsonObject(r.Capabilities, maxCapabilities),
		Platform:     printable(r.Platform, maxPlatform),
	}
	if d.GetCamera() == "" && d.GetCapabilities() == "" && d.GetPlatform() == "" {
		return nil
	}
	return d
}

func printable(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
	s = strings.ToValidUTF8(s[:min(len(s), limit)], "") // the last rune may be incomplete
	return strings.TrimSpace(s)
}

func jsonObject(s string, limit int) string {
	var out bytes.Buffer
	if !strings.HasPrefix(s, "{") || json.Compact(&out, []byte(s)) != nil || out.Len() > limit {
		return ""
	}
	return out.String()
}
