package schemas

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// BitrateLadder are the bit rates of exports, kbit/s. What is asked for is rounded down to one of them.
var BitrateLadder = []int{
	200, 300, 400, 500, 600, 800, 1000, 1200, 1500, 2000, 2500, 3000, 4000, 5000, 6000, 8000, 10_000, 12_000, 16_000,
}

// Resolutions are the sizes of exports, width and height in pixels. Pictures of another shape are fitted and set in black.
var Resolutions = []string{
	ResolutionOriginal,
	"176x144", "320x240", "352x288", "640x360", "640x480", "704x576", "720x480", "720x576", "800x600", "960x540", "1024x768",
	"1280x720", "1280x960", "1280x1024", "1600x1200", "1920x1080", "2048x1536", "2560x1440", "2560x1920",
}

// ResolutionOriginal is the size of the first frame.
const ResolutionOriginal = "original"

// The ways an export can be flipped.
const (
	FlipHorizontal = "horizontal"
	FlipVertical   = "vertical"
)

const (
	maxExportSessions = 100
	maxExportDuration = 30 * 24 * 3600 // seconds
	maxCorner         = 4
	maxZone           = 64   // bytes
	maxWebhook        = 2000 // bytes
	utc               = "UTC"
)

var (
	rotations   = []int{0, 90, 180, 270}
	lowercaseID = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
)

// ParseExportOrder reads an order and completes it: defaults for what is left out or null, the bit rate on the ladder. A
// key that does not exist, or a value that cannot be, is an *DocumentError.
func ParseExportOrder(document []byte) (*ExportOrder, error) {
	o, err := readExportOrder(document)
	if err == nil {
		o.complete()
		err = o.validate()
	}
	if err != nil {
		return nil, in("export order", err)
	}
	o.Bitrate = onLadder(o.Bitrate)
	return o, nil
}

func readExportOrder(document []byte) (*ExportOrder, error) {
	var keys any
	dec := json.NewDecoder(bytes.NewReader(document))
	if err := dec.Decode(&keys); err != nil {
		return nil, invalid("", "must be one JSON object: " + err.Error())
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, invalid("", "must be one JSON object, there is more after it")
	}
	object, ok := keys.(map[string]any)
	if !ok {
		return nil, invalid("", "must be one JSON object")
	}
	known, err := asTree(everyKey())
	if err != nil {
		return nil, err
	}
	if err := unknownKey(object, known, ""); err != nil {
		return nil, err
	}
	for _, key := range []string{"from", "to"} { // whose own errors have no path
		text, isText := object[key].(string)
		_, err := time.Parse(time.RFC3339, text)
		if object[key] != nil && (!isText || err != nil) {
			return nil, invalid(key, fmt.Sprintf("must be a time with its zone, such as 2026-03-04T05:06:07Z, not %.40q", fmt.Sprint(object[key])))
		}
	}
	o := &ExportOrder{}
	if err := json.Unmarshal(document, o); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			return nil, invalid(wrong.Field, fmt.Sprintf("must be %s, not %s", kindName(wrong.Type.Kind().String()), wrong.Value))
		}
		return nil, invalid("", err.Error())
	}
	return o, nil
}

// everyKey is an order with a value for every key.
func everyKey() *ExportOrder {
	return &ExportOrder{
		Sessions: []string{""}, From: &time.Time{}, To: &time.Time{}, Duration: 1, Bitrate: 1, Rotate: 1, Flip: FlipVertical, FrameRate: 1,
		Fragmented: true, Watermark: Watermark{Time: &TimeMark{}, Session: &CornerMark{}, Figures: &Figures{}}, Webhook: "-",
	}
}

func (o *ExportOrder) complete() {
	if o.Codec == "" {
		o.Codec = CodecH264
	}
	if o.Resolution == "" {
		o.Resolution = ResolutionOriginal
	}
	if o.Name == "" {
		o.Name = defaultExportName
	}
	if t := o.Watermark.Time; t != nil && t.Zone == "" {
		t.Zone = utc
	}
}

// validate returns a *DocumentError for the first value that is not allowed.
func (o *ExportOrder) validate() error {
	checks := []error{
		o.sessionsAllowed(),
		o.rangeAllowed(),
		oneOf("codec", o.Codec, CodecH264, CodecH265, CodecVP9),
		oneOf("resolution", o.Resolution, Resolutions...),
		oneOfNumbers("rotate", o.Rotate, rotations),
		within("frame_rate", o.FrameRate, 0, maxVideoRate),
		exportNameAllowed(o.Name, len(o.Sessions) > 1),
		webhookAllowed(o.Webhook),
	}
	if o.Bitrate < 0 {
		checks = append(checks, invalid("bitrate", fmt.Sprintf("must be 0, for by quality, or kbit/s, which are rounded down to one of %s; not %d", join(BitrateLadder), o.Bitrate)))
	}
	if o.Flip != "" {
		checks = append(checks, oneOf("flip", o.Flip, FlipHorizontal, FlipVertical))
	}
	if o.Fragmented && o.Codec == CodecVP9 {
		checks = append(checks, invalid("fragmented", "must be false for VP9, which has no mp4"))
	}
	checks = append(checks, o.Watermark.checks()...)
	for _, err := range checks {
		if err != nil {
			return err
		}
	}
	return nil
}

func (o *ExportOrder) sessionsAllowed() error {
	if n := len(o.Sessions); n < 1 || n > maxExportSessions {
		return invalid("sessions", fmt.Sprintf("must be the ids of 1 to %d sessions, not %d", maxExportSessions, n))
	}
	for i, id := range o.Sessions {
		path := "sessions." + strconv.Itoa(i)
		if !lowercaseID.MatchString(id) {
			return invalid(path, fmt.Sprintf("must be a UUID in lower case, not %.40q", id))
		}
		if slices.Contains(o.Sessions[:i], id) {
			return invalid(path, fmt.Sprintf("%q is there twice", id))
		}
	}
	return nil
}

func (o *ExportOrder) rangeAllowed() error {
	if o.Duration != 0 && o.To != nil {
		return invalid("duration", "must be left out when there is a time to: either says where the export ends")
	}
	if o.From != nil && o.To != nil && !o.From.Before(*o.To) {
		return invalid("to", fmt.Sprintf("must be after from, %s", o.From.Format(time.RFC3339)))
	}
	return within("duration", o.Duration, 0, maxExportDuration)
}

func (w Watermark) checks() (checks []error) {
	corner := func(path string, corner int) error { return within("watermark."+path+".corner", corner, 0, maxCorner) }
	if t := w.Time; t != nil {
		checks = append(checks, corner("time", t.Corner), zoneAllowed(t.Zone))
	}
	if s := w.Session; s != nil {
		checks = append(checks, corner("session", s.Corner))
	}
	if f := w.Figures; f != nil {
		checks = append(checks, corner("figures", f.Corner))
		if !f.FaceBox && !f.Landmarks && !f.Codes && !f.Scores {
			checks = append(checks, invalid("watermark.figures", "must have one of face_box, landmarks, codes, scores true, or be left out"))
		}
	}
	return checks
}

func zoneAllowed(name string) error {
	wrong := invalid("watermark.time.zone", fmt.Sprintf("must be UTC or the IANA name of a time zone, such as Europe/Berlin, not %.70q", name))
	if name == "Local" || len(name) > maxZone { // the first is that of whoever draws it
		return wrong
	}
	if _, err := time.LoadLocation(name); err != nil {
		return wrong
	}
	return nil
}

func webhookAllowed(address string) error {
	if address == "" {
		return nil
	}
	u, err := url.Parse(address)
	if len(address) > maxWebhook || err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return invalid("webhook", fmt.Sprintf("must be an address that begins with http:// or https:// and has at most %d bytes", maxWebhook))
	}
	return nil
}

// onLadder rounds a bit rate down to the ladder; what is below it becomes its lowest. 0 stays 0.
func onLadder(bitrate int) int {
	if bitrate == 0 {
		return 0
	}
	rounded := BitrateLadder[0]
	for _, rung := range BitrateLadder {
		if rung <= bitrate {
			rounded = rung
		}
	}
	return rounded
}

func oneOfNumbers(path string, v int, allowed []int) error {
	if slices.Contains(allowed, v) {
		return nil
	}
	return invalid(path, fmt.Sprintf("must be one of %s, not %d", join(allowed), v))
}

func join(numbers []int) string {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, ", ")
}
