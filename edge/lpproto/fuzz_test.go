package lpproto

import (
	"bytes"
	"errors"
	"maps"
	"testing"

	"github.com/selene-liveness/selene/schemas/imagefile/imagefiletest"
)

// FuzzParse: a message that parses can be encoded, and parses as the same again.
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

// FuzzImage: Image does not panic on any body, a refusal has a code, and an image is the same after being encoded in base64.
func FuzzImage(f *testing.F) {
	picture := imagefiletest.Picture(5, 4)
	jpegImage, pngImage := imagefiletest.JPEG(picture), imagefiletest.PNG(picture)
	f.Add(ContentJPEG, jpegImage, true)
	f.Add(ContentPNG, pngImage, true)
	f.Add(ContentJPEGBase64, EncodeBase64(jpegImage), false)
	f.Add(ContentPNGBase64, append([]byte("data:image/png;base64,"), EncodeBase64(pngImage)...), false)
	f.Fuzz(func(t *testing.T, contentType string, body []byte, binary bool) {
		image, _, err := NewFrame(contentType, body).Image(binary)
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
		again, _, err := NewFrame(ContentJPEGBase64, EncodeBase64(image)).Image(false)
		if err != nil || !bytes.Equal(again, image) {
			t.Fatalf("base64 changed the image (%v)", err)
		}
	})
}
