package imagefile_test

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"

	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/schemas/imagefile/imagefiletest"
)

// checkStripped fails the test unless the stripped form of a picture is the same picture.
func checkStripped(t *testing.T, name string, data []byte) {
	t.Helper()
	want, wantErr := imagefile.Verify(data, imagefile.MaxPixels)
	if _, err := imagefile.Inspect(data, imagefile.MaxPixels); err != nil {
		return
	}
	stripped := imagefile.AppendStripped(nil, data)
	got, err := imagefile.Verify(stripped, imagefile.MaxPixels)
	if (err == nil) != (wantErr == nil) {
		t.Errorf("%s: %v; stripped: %v", name, wantErr, err)
	}
	want.Size, want.Orientation, want.Unended = len(stripped), imagefile.Upright, false
	if err == nil && got != want {
		t.Errorf("%s: %+v; stripped: %+v", name, want, got)
	}
	if again := imagefile.AppendStripped(nil, stripped); !bytes.Equal(again, stripped) {
		t.Errorf("%s: stripping it again changes it", name)
	}
	if other, _, err := image.DecodeConfig(bytes.NewReader(data)); err == nil && (other.Width != want.Width || other.Height != want.Height) {
		t.Errorf("%s: %d x %d for the standard library, %d x %d here", name, other.Width, other.Height, want.Width, want.Height)
	}
}

func TestAppendStripped(t *testing.T) {
	for _, s := range imagefiletest.Samples() {
		checkStripped(t, s.Name, s.Data)
	}
	photo := imagefiletest.JPEG(imagefiletest.Picture(20, 20))
	if got := imagefile.AppendStripped([]byte("before"), photo); string(got) != "before"+string(photo) {
		t.Error("a JPEG without metadata changes")
	}
	const jfif, adobe = "\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00", "\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x01"
	named := strings.Replace(string(photo), "\xff\xd8", "\xff\xd8"+jfif+"\xff\xe1\x00\x08Exif\x00\x00\xff\xfe\x00\x04hi"+adobe, 1)
	if got := string(imagefile.AppendStripped(nil, []byte(named))); got != strings.Replace(string(photo), "\xff\xd8", "\xff\xd8"+adobe+jfif, 1) {
		t.Errorf("got %.80q", got)
	}
	drawing := imagefiletest.PNG(imagefiletest.Picture(20, 20))
	if got := imagefile.AppendStripped(nil, imagefiletest.InflatingPNG("tEXt", 100)); len(got) >= len(drawing) {
		t.Errorf("%d bytes are left of a text", len(got))
	}
	if got := imagefile.AppendStripped(nil, drawing); !bytes.Equal(got, drawing) {
		t.Error("a PNG without metadata changes")
	}
	if _, err := png.Decode(bytes.NewReader(imagefile.AppendStripped(nil, imagefiletest.InflatingPNG("iCCP", 100)))); err != nil {
		t.Error(err)
	}
}

// For any bytes, what the checks accept is one picture, with and without its metadata.
func FuzzInspect(f *testing.F) {
	for _, data := range imagefiletest.Small() {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { checkStripped(t, "the file", data) })
}
