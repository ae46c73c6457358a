package stitch

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/asticode/go-astiav"

	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/schemas/imagefile/imagefiletest"
	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/vision/decode"
)

// readers are the three paths of an image: the check of the edge, the decoder of the judging workers and that of videos.
type readers struct {
	vision *vision.Decoder
	stitch decoder
	image  vision.Image
	frame  *astiav.Frame
}

func newReaders(tb testing.TB) *readers {
	r := &readers{vision: vision.NewDecoder(imagefile.MaxPixels), stitch: newDecoder(), frame: astiav.AllocFrame()}
	tb.Cleanup(func() {
		r.vision.Close()
		r.stitch.free()
		r.frame.Free()
	})
	return r
}

// read returns the errors of the edge and of the decoders for a file, and fails the test when the paths disagree.
func (r *readers) read(t *testing.T, name string, data []byte) (verifyErr, decodeErr error) {
	t.Helper()
	inspected, inspectErr := imagefile.Inspect(data, imagefile.MaxPixels)
	verified, verifyErr := imagefile.Verify(data, imagefile.MaxPixels)
	if inspectErr != nil && verifyErr == nil {
		t.Errorf("%s: Inspect refuses what Verify accepts: %v", name, inspectErr)
	}
	width, height := verified.Shown()
	if decodeErr = r.vision.Decode(data, &r.image); decodeErr != nil && !errors.Is(decodeErr, vision.ErrUndecodable) {
		t.Errorf("%s: %v, want ErrUndecodable", name, decodeErr)
	}
	stitchErr := r.stitch.decode(data, r.frame)
	defer r.frame.Unref()
	if (decodeErr == nil) != (stitchErr == nil) {
		// The picture may be too large for a video.
		if decodeErr != nil || max(verified.Width, verified.Height) <= maxSide && verified.Width*verified.Height <= maxPixels {
			t.Errorf("%s: vision: %v, video: %v", name, decodeErr, stitchErr)
		}
	}
	if decodeErr == nil && verifyErr != nil {
		t.Errorf("%s is decoded and refused by the edge: %v", name, verifyErr)
	}
	if verifyErr == nil && decodeErr != nil && verified.Format == imagefile.PNG {
		t.Errorf("%s is accepted by the edge and refused by decoders: %v", name, decodeErr)
	}
	if decodeErr == nil {
		if r.image.Width != width || r.image.Height != height || inspected != verified {
			t.Errorf("%s: %+v, %+v, decoded to %d x %d", name, inspected, verified, r.image.Width, r.image.Height)
		}
	}
	if stitchErr == nil {
		if r.frame.Width() != width || r.frame.Height() != height {
			t.Errorf("%s: %+v, decoded to %d x %d", name, verified, r.frame.Width(), r.frame.Height())
		}
		if err := newCanvas(Options{}).fitAndFree(r.frame); err != nil {
			t.Errorf("%s is decoded to a picture that cannot be converted: %v", name, err)
		}
	}
	return verifyErr, decodeErr
}

func (c *canvas) fitAndFree(f *astiav.Frame) error {
	defer c.free()
	return c.fit(f, Drawing{})
}

func TestAllReadersAgree(t *testing.T) {
	r := newReaders(t)
	for _, s := range imagefiletest.Samples() {
		verifyErr, decodeErr := r.read(t, s.Name, s.Data)
		if (decodeErr == nil) != (s.Verdict == imagefiletest.Good) {
			t.Errorf("%s: decoded: %v", s.Name, decodeErr)
		}
		if s.Truncated != errors.Is(verifyErr, imagefile.ErrTruncated) {
			t.Errorf("%s: the edge says %v", s.Name, verifyErr)
		}
	}
}

// Missing parts of a file are not filled with old memory or with the previous picture.
func TestNoPixelIsInvented(t *testing.T) {
	d := newDecoder()
	defer d.free()
	f := astiav.AllocFrame()
	defer f.Free()
	decode := func(name string) error {
		for _, s := range imagefiletest.Samples() {
			if s.Name == name {
				return d.decode(s.Data, f)
			}
		}
		return errors.ErrUnsupported
	}
	for _, c := range []struct{ whole, part string }{
		{"PNG", "PNG with half of its rows"},
		{"JPEG with a scan for each component", "JPEG with one of three scans"},
		{"JPEG", "half a JPEG with an end"},
	} {
		if err := decode(c.whole); err != nil {
			t.Fatalf("%s: %v", c.whole, err)
		}
		f.Unref()
		if err := decode(c.part); err == nil || errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s: %v", c.part, err)
		}
		f.Unref()
	}
}

func TestAllReadersAgreeOnPhotographs(t *testing.T) {
	r := newReaders(t)
	for _, pattern := range []string{"faces/*/*.jpg", "faces/*/*.jpeg", "faces/*/*.png", "cases/*.jpg", "cases/*/*.jpg"} {
		dir, ok := findShared(t, pattern[:5])
		if !ok {
			t.Skip("skipped: no test media, there is no folder ../shared beside the repository")
		}
		files, err := filepath.Glob(filepath.Join(dir, pattern[5:]))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.read(t, file, data); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
}

// For any bytes, the edge, the judging workers and the videos agree whether they are a picture and how large it is, and one
// file does not affect the pixels of the next.
func FuzzReadersAgree(f *testing.F) {
	for _, s := range imagefiletest.Samples() {
		if len(s.Data) < 1<<16 {
			f.Add(s.Data)
		}
	}
	good := imagefiletest.JPEG(imagefiletest.Picture(32, 24))
	r := newReaders(f)
	reference := vision.NewDecoder(imagefile.MaxPixels)
	defer reference.Close()
	var want vision.Image
	if err := reference.Decode(good, &want); err != nil {
		f.Fatal(err)
	}
	decode.SilenceFFmpeg()
	f.Fuzz(func(t *testing.T, data []byte) {
		if info, err := imagefile.Inspect(data, imagefile.MaxPixels); err == nil && info.Width*info.Height > 1<<20 {
			return // decoding a bomb says nothing about agreement and stops the fuzzer
		}
		_, err := r.read(t, "the file", data)
		if err == nil {
			first := bytes.Clone(r.image.Pix)
			if err := r.vision.Decode(data, &r.image); err != nil || !bytes.Equal(first, r.image.Pix) {
				t.Errorf("the second decoding differs (%v)", err)
			}
		}
		if err := r.vision.Decode(good, &r.image); err != nil || !bytes.Equal(r.image.Pix, want.Pix) {
			t.Errorf("after it, another file is decoded differently (%v)", err)
		}
	})
}
