package imagefile_test

import (
	"bytes"
	"errors"
	"image"
	"image/draw"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/schemas/imagefile/imagefiletest"
)

// pixels returns what a decoder makes of a file without its metadata, nil for nothing.
func pixels(file []byte) []byte {
	m, _, err := image.Decode(bytes.NewReader(imagefile.AppendStripped(nil, file)))
	if err != nil {
		return nil
	}
	out := image.NewNRGBA(m.Bounds())
	draw.Draw(out, out.Rect, m, m.Bounds().Min, draw.Src)
	return out.Pix
}

func TestSamples(t *testing.T) {
	for _, s := range imagefiletest.Samples() {
		inspected, inspectErr := imagefile.Inspect(s.Data, imagefile.MaxPixels)
		verified, verifyErr := imagefile.Verify(s.Data, imagefile.MaxPixels)
		if (inspectErr == nil) != (s.Verdict != imagefiletest.BadFile) {
			t.Errorf("%s: Inspect: %v", s.Name, inspectErr)
		}
		if (verifyErr == nil) != (s.Verdict == imagefiletest.Good || s.Verdict == imagefiletest.BadEntropy) {
			t.Errorf("%s: Verify: %v", s.Name, verifyErr)
		}
		if errors.Is(verifyErr, imagefile.ErrTruncated) != s.Truncated {
			t.Errorf("%s: Verify: %v; truncated: %t", s.Name, verifyErr, s.Truncated)
		}
		if s.Verdict != imagefiletest.Good {
			continue
		}
		if inspected != verified || verified.Width != s.Width || verified.Height != s.Height {
			t.Errorf("%s: %+v and %+v, want %d x %d", s.Name, inspected, verified, s.Width, s.Height)
		}
		if _, err := imagefile.Verify(s.Data, s.Width*s.Height-1); !errors.Is(err, imagefile.ErrTooLarge) {
			t.Errorf("%s with one pixel too many: %v", s.Name, err)
		}
		whole := pixels(s.Data)
		for n := range min(verified.Size, 5000) { // metadata of any length looks alike
			if n > 300 && n < verified.Size-30 && n%17 > 0 {
				continue
			}
			info, err := imagefile.Verify(s.Data[:n], imagefile.MaxPixels)
			if half := pixels(s.Data[:n]); err == nil && !(info.Unended && (half == nil || bytes.Equal(half, whole))) {
				t.Fatalf("%s: the first %d of %d bytes pass", s.Name, n, verified.Size)
			}
		}
		if again, err := imagefile.Verify(s.Data[:verified.Size], imagefile.MaxPixels); err != nil || again != verified {
			t.Errorf("%s without the bytes after it: %+v, %v", s.Name, again, err)
		}
	}
}

func TestInfo(t *testing.T) {
	for _, s := range imagefiletest.Samples() {
		want, ok := map[string]imagefile.Info{
			"grey JPEG":          {Format: imagefile.JPEG, Components: 1, Scans: 1},
			"CMYK JPEG":          {Format: imagefile.JPEG, Components: 4, Scans: 4},
			"progressive JPEG":   {Format: imagefile.JPEG, Components: 1, Scans: 2, Progressive: true},
			"PNG with 2 colours": {Format: imagefile.PNG, Components: 1, Scans: 1},
			"PNG with 16 bits":   {Format: imagefile.PNG, Components: 4, Scans: 1},
			"interlaced PNG":     {Format: imagefile.PNG, Components: 3, Scans: 7, Progressive: true},
		}[s.Name]
		if !ok {
			continue
		}
		want.Orientation = imagefile.Upright
		want.Width, want.Height, want.Size = s.Width, s.Height, len(s.Data)
		if got, err := imagefile.Inspect(s.Data, imagefile.MaxPixels); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", s.Name, got, err, want)
		}
	}
}

// Single faults of the structure of a JPEG.
func TestInspectJPEG(t *testing.T) {
	sof := "\xff\xc0\x00\x0b\x08\x00\x10\x00\x20\x01\x01\x11\x00" + "\xff\xdd\x00\x04\x00\x04"
	sos := "\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x12\xff\x00\xff\xd0\x34"
	inspect := func(file string) (imagefile.Info, error) {
		return imagefile.Inspect([]byte(file), imagefile.MaxPixels)
	}
	progressive := strings.Replace(sof, "\xc0", "\xc2", 1)
	if info, err := inspect("\xff\xd8" + progressive + "\xff\xff" + sos + sos + "\xff\xd9"); err != nil || info.Width != 32 || info.Height != 16 || info.Scans != 2 {
		t.Fatalf("%+v, %v", info, err)
	}
	for name, file := range map[string]string{
		"no data":           "\xff\xd8" + sof + "\xff\xd9",
		"no size":           "\xff\xd8" + sos + "\xff\xd9",
		"nothing":           "\xff\xd8\xff\xd9",
		"two sizes":         "\xff\xd8" + sof + sof + sos + "\xff\xd9",
		"no more markers":   "\xff\xd8\xff\xe0\x00\x02x",
		"segment length 1":  "\xff\xd8\xff\xe0\x00\x01" + sof + sos + "\xff\xd9",
		"two scans":         "\xff\xd8" + sof + sos + sos + "\xff\xd9",
		"reserved marker":   "\xff\xd8" + sof + "\xff\x02\x00\x04xx" + sos + "\xff\xd9",
		"extension":         "\xff\xd8" + sof + "\xff\xf8\x00\x04xx" + sos + "\xff\xd9",
		"restart markers":   "\xff\xd8" + sof + strings.Replace(sos, "\xd0", "\xd1", 1) + "\xff\xd9",
		"arithmetic tables": "\xff\xd8" + sof + "\xff\xcc\x00\x04xx" + sos + "\xff\xd9",
		"table with a rest": "\xff\xd8" + sof + "\xff\xdb\x00\x05\x00xx" + sos + "\xff\xd9",
		"codes with a rest": "\xff\xd8" + sof + "\xff\xc4\x00\x05\x00xx" + sos + "\xff\xd9",
		"restart interval":  "\xff\xd8" + sof + "\xff\xdd\x00\x05\x00xx" + sos + "\xff\xd9",
		"no sampling":       "\xff\xd8\xff\xc0\x00\x0b\x08\x00\x10\x00\x20\x01\x01\x01\x00" + sos + "\xff\xd9",
		"second start":      "\xff\xd8\xff\xd8" + sof + sos + "\xff\xd9",
		"unknown component": "\xff\xd8" + sof + "\xff\xda\x00\x08\x01\x02\x00\x00\x3f\x00\x12\xff\xd9",
		"empty scan header": "\xff\xd8" + sof + "\xff\xda\x00\x02\x12\xff\xd9",
		"short size":        "\xff\xd8\xff\xc0\x00\x07\x08\x00\x10\x00\x20" + sos + "\xff\xd9",
	} {
		if info, err := inspect(file); err == nil {
			t.Errorf("%s: %+v", name, info)
		}
	}
}

// Photographs of many origins have the sizes that the standard decoders find.
func TestRealImages(t *testing.T) {
	root := filepath.Join("..", "..", "..", "shared")
	if _, err := os.Stat(root); err != nil {
		t.Skipf("no test pictures at %s", root)
	}
	seen := 0
	for _, folder := range []string{"faces", "cases"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || imagefile.OfName(path) == 0 {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			seen++
			config, format, err := image.DecodeConfig(bytes.NewReader(data))
			if err != nil {
				return err
			}
			info, err := imagefile.Verify(data, imagefile.MaxPixels)
			if err != nil || info.Width != config.Width || info.Height != config.Height || info.Format.MediaType() != "image/"+format {
				t.Errorf("%s: %+v, %v; want %s of %d x %d", path, info, err, format, config.Width, config.Height)
			}
			if cut := data[:len(data)*9/10]; pixels(cut) != nil {
				t.Errorf("%s: nine tenths of it pass", path)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen == 0 {
		t.Error("no pictures found")
	}
}
