package lpproto

import (
	"bytes"
	"errors"
	"maps"
	"testing"
)

// FuzzParse: whatever parses can be written, and what was written parses as the same.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"CONNECT\nversion:1.0\nheartbeat: 1000\n\n", "FRAME\r\nContent-Type: image/jpeg\r\n\r\n\xff\xd8\x00\x00",
		"ERROR\nerror: 1002", "HEARTBEAT\n\n\x00", "STATS\na:b:c\n\n{}", "FRAME\nx:\u00a0y\u2028\n\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := Parse(data)
		if err != nil {
			wantCode(t, err, CodeMalformed)
			return
		}
		_, _ = m.ConnectRequest()
		_, _ = m.ErrorCode()
		out, err := m.Encode()
		if err != nil {
			t.Fatalf("%q was parsed and cannot be written: %v", m, err)
		}
		again, err := Parse(out)
		if err != nil || again.Command != m.Command || !maps.Equal(again.Headers, m.Headers) || !bytes.Equal(again.Body, m.Body) {
			t.Fatalf("%q became %q (%v)", m, again, err)
		}
	})
}

// FuzzImage: no body makes the image functions panic, a refusal has a code, and an
// image survives the way through base64.
func FuzzImage(f *testing.F) {
	f.Add(ContentJPEG, jpegBytes(f, 5, 4), true)
	f.Add(ContentPNG, pngBytes(f, 5, 4), true)
	f.Add(ContentJPEGBase64, EncodeBase64(jpegBytes(f, 5, 4)), false)
	f.Add(ContentPNGBase64, append([]byte("data:image/png;base64,"), EncodeBase64(pngBytes(f, 5, 4))...), false)
	f.Fuzz(func(t *testing.T, contentType string, body []byte, binary bool) {
		image, mediaType, err := NewFrame(contentType, body).Image(binary)
		if err != nil {
			var coded *Error
			if !errors.As(err, &coded) {
				t.Fatalf("an error without a code: %v", err)
			}
			if coded.Code != CodeBadImage {
				wantCode(t, err, CodeContentType)
			}
			return
		}
		w, h, err := Inspect(image, mediaType)
		switch {
		case err != nil:
			wantCode(t, err, CodeBadImage)
		case w <= 0 || h <= 0:
			t.Fatalf("%d x %d pass", w, h)
		}
		again, _, err := NewFrame(ContentJPEGBase64, EncodeBase64(image)).Image(false)
		if err != nil || !bytes.Equal(again, image) {
			t.Fatalf("base64 changed the image (%v)", err)
		}
	})
}
