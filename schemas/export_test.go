package schemas_test

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/selene-liveness/selene/schemas"
)

const (
	sessionA = "3e7a8f1c-6f54-4c3e-9f3e-0d1f6f7e9a10"
	sessionB = "4e7a8f1c-6f54-4c3e-9f3e-0d1f6f7e9a10"
)

func TestExportOrderDefaults(t *testing.T) {
	o, err := schemas.ParseExportOrder([]byte(`{"sessions":["` + sessionA + `"],"from":null,"watermark":{"time":{"corner":2}}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := &schemas.ExportOrder{
		Sessions: []string{sessionA}, Codec: "H264", Resolution: "original", Name: "{name}_{start}_{end}",
		Watermark: schemas.Watermark{Time: &schemas.TimeMark{Corner: 2, Zone: "UTC"}},
	}
	if !reflect.DeepEqual(o, want) {
		t.Errorf("got %+v", o)
	}
}

func TestExportOrderWithEveryField(t *testing.T) {
	o, err := schemas.ParseExportOrder([]byte(`{
		"sessions": ["` + sessionA + `", "` + sessionB + `"], "from": "2026-03-04T05:06:07.5+02:00", "to": "2026-03-04T04:00:00Z",
		"codec": "H265", "bitrate": 1999, "resolution": "2560x1920", "rotate": 270, "flip": "horizontal", "frame_rate": 25, "fragmented": true,
		"watermark": {"time": {"corner": 4, "zone": "Asia/Tokyo"}, "session": {"corner": 0},
			"figures": {"corner": 3, "face_box": true, "landmarks": true, "codes": true, "scores": true}},
		"name": "Kamera 1, {name} ({start}-{end})", "webhook": "https://example.org/done?x=1"
	}`))
	if err != nil {
		t.Fatal(err)
	}
	if o.Resolution != "2560x1920" || o.Bitrate != 1500 || !o.Watermark.Figures.Scores || o.Watermark.Time.Zone != "Asia/Tokyo" {
		t.Errorf("got %+v", o)
	}
	start := time.Date(2026, 3, 4, 5, 6, 7, 0, time.FixedZone("", 3600))
	want := "Kamera 1, " + sessionA + " (20260304T040607Z-20260304T040707Z).mp4"
	if name := o.FileName(sessionA, start, start.Add(time.Minute), ".mp4"); name != want {
		t.Errorf("got %s", name)
	}
}

func TestExportBitrateIsRoundedDown(t *testing.T) {
	for bitrate, want := range map[string]int{
		"0": 0, "1": 200, "199": 200, "200": 200, "299": 200, "300": 300, "1499": 1200, "1500": 1500,
		"15999": 12000, "16000": 16000, "16001": 16000, "900000": 16000, "null": 0,
	} {
		o, err := schemas.ParseExportOrder([]byte(`{"sessions":["` + sessionA + `"],"bitrate":` + bitrate + `}`))
		if err != nil || o.Bitrate != want {
			t.Errorf("%s: got %+v %v, want %d", bitrate, o, err, want)
		}
	}
}

func TestWrongExportOrders(t *testing.T) {
	long := strings.Repeat("x", 201)
	for _, c := range []struct{ keys, path, allowed string }{
		{`"bitrate":-1`, "bitrate", "200, 300, 400"},
		{`"bitrate":-1`, "bitrate", "16000"},
		{`"bitrate":1.5`, "bitrate", "whole number"},
		{`"bitrate":"fast"`, "bitrate", "whole number"},
		{`"codec":"AV1"`, "codec", "H264, H265, VP9"},
		{`"resolution":"100x100"`, "resolution", "original, 176x144, 320x240"},
		{`"resolution":"100x100"`, "resolution", "2560x1920"},
		{`"rotate":45`, "rotate", "0, 90, 180, 270"},
		{`"flip":"both"`, "flip", "horizontal, vertical"},
		{`"frame_rate":61`, "frame_rate", "from 0 to 60"},
		{`"fragmented":true,"codec":"VP9"`, "fragmented", "false for VP9"},
		{`"from":"yesterday"`, "from", "2026-03-04T05:06:07Z"},
		{`"to":5`, "to", "2026-03-04T05:06:07Z"},
		{`"from":"2026-03-04T05:06:07Z","to":"2026-03-04T05:06:07Z"`, "to", "after from"},
		{`"to":"2026-03-04T05:06:07Z","duration":5`, "duration", "left out"},
		{`"duration":-1`, "duration", "from 0 to"},
		{`"watermark":{"time":{"corner":5}}`, "watermark.time.corner", "from 0 to 4"},
		{`"watermark":{"session":{"corner":-1}}`, "watermark.session.corner", "from 0 to 4"},
		{`"watermark":{"figures":{"corner":9,"codes":true}}`, "watermark.figures.corner", "from 0 to 4"},
		{`"watermark":{"figures":{}}`, "watermark.figures", "face_box, landmarks, codes, scores"},
		{`"watermark":{"figures":{"age":true}}`, "watermark.figures.age", "face_box, landmarks, scores"},
		{`"watermark":{"time":{"corner":"top"}}`, "watermark.time.corner", "whole number"},
		{`"watermark":{"time":{"zone":"Mars/Olympus"}}`, "watermark.time.zone", "Europe/Berlin"},
		{`"watermark":{"time":{"zone":"Local"}}`, "watermark.time.zone", "UTC"},
		{`"watermark":{"time":{"zone":"` + long + `"}}`, "watermark.time.zone", "UTC"},
		{`"name":"../{name}"`, "name", "{name}, {start}, {end}"},
		{`"name":"{age}"`, "name", "{name}, {start}, {end}"},
		{`"name":"-rf"`, "name", "begin with"},
		{`"name":".hidden"`, "name", "begin with"},
		{`"name":"a/b"`, "name", "letters"},
		{`"name":"a\nb"`, "name", "letters"},
		{`"name":"dot."`, "name", "not end"},
		{`"name":"` + long + `"`, "name", "200 bytes"},
		{`"webhook":"ftp://example.org"`, "webhook", "https://"},
		{`"webhook":"/somewhere"`, "webhook", "https://"},
		{`"Codec":"H264"`, "Codec", "bitrate, codec, duration"},
		{`"sessions":[]`, "sessions", "1 to 100"},
		{`"sessions":null`, "sessions", "1 to 100"},
		{`"sessions":"` + sessionA + `"`, "sessions", "a list"},
		{`"sessions":["x"]`, "sessions.0", "UUID"},
		{`"sessions":["` + strings.ToUpper(sessionA) + `"]`, "sessions.0", "lowercase UUID"},
		{`"sessions":["` + sessionA + `","` + sessionA + `"]`, "sessions.1", "twice"},
		{`"sessions":["` + sessionA + `","` + sessionB + `"],"name":"{start}"`, "name", "{name}"},
	} {
		document := `{"sessions":["` + sessionA + `"],` + c.keys + `}`
		if strings.Contains(c.keys, "sessions") {
			document = "{" + c.keys + "}"
		}
		_, err := schemas.ParseExportOrder([]byte(document))
		var wrong *schemas.DocumentError
		if !errors.As(err, &wrong) || wrong.Path != c.path ||
			!strings.Contains(wrong.Message, c.allowed) || !strings.Contains(err.Error(), c.path) {
			t.Errorf("%s: got %v, want one of %s that says %q", c.keys, err, c.path, c.allowed)
		}
	}
	for _, document := range []string{``, `[]`, `null`, `5`, `{`, `{} {}`} {
		_, err := schemas.ParseExportOrder([]byte(document))
		var wrong *schemas.DocumentError
		if !errors.As(err, &wrong) || wrong.Path != "" {
			t.Errorf("%q: got %v", document, err)
		}
	}
}

// An accepted order encodes as itself again, and yields files that stay in their folder.
func FuzzExportOrder(f *testing.F) {
	f.Add([]byte(`{"sessions":["` + sessionA + `"]}`))
	f.Add([]byte(`{"sessions":["` + sessionA + `"],"bitrate":777,"name":"{name} é.x","watermark":{"time":{"zone":"Europe/Berlin"}}}`))
	f.Add([]byte(`{"sessions":["` + sessionA + `","` + sessionB + `"],
		"from":"2026-03-04T05:06:07Z","duration":1e3,"watermark":{"figures":{"codes":true}}}`))
	f.Fuzz(func(t *testing.T, document []byte) {
		o, err := schemas.ParseExportOrder(document)
		if err != nil {
			var wrong *schemas.DocumentError
			if !errors.As(err, &wrong) || wrong.Message == "" {
				t.Fatalf("%v", err)
			}
			return
		}
		text, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		again, err := schemas.ParseExportOrder(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		second, err := json.Marshal(again)
		if err != nil || string(second) != string(text) {
			t.Fatalf("%s became %s, %v", text, second, err)
		}
		name := o.FileName(o.Sessions[0], time.Unix(0, 0), time.Unix(1e9, 0), ".webm")
		if !filepath.IsLocal(name) || filepath.Base(name) != name || len(name) > 255 ||
			strings.ContainsAny(name, "\\:*?\"<>|\x00\n{}") || name[0] == '-' || name[0] == '.' {
			t.Fatalf("%q", name)
		}
	})
}
