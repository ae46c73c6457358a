package lpproto

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// picture is noise-like, so that its encoded form has stuffed bytes.
func picture(w, h int) image.Image {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, color.RGBA{uint8(x * y), uint8(x ^ y*7), uint8(x*x + y), 255})
		}
	}
	return m
}

func jpegBytes(t testing.TB, w, h int) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, picture(w, h), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func pngBytes(t testing.TB, w, h int) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, picture(w, h)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestImage(t *testing.T) {
	for name, c := range map[string]struct {
		contentType, body string
		binary            bool
		want, mediaType   string
	}{
		"base64":           {ContentJPEGBase64, "QUJDRA==", false, "ABCD", ContentJPEG},
		"binary base64":    {ContentPNGBase64, "QUJDRA==", true, "ABCD", ContentPNG},
		"no padding":       {ContentJPEGBase64, "QUJDRA", false, "ABCD", ContentJPEG},
		"whitespace":       {ContentJPEGBase64, " QU\r\nJD\tR A==\n", false, "ABCD", ContentJPEG},
		"data URL":         {ContentJPEGBase64, "data:image/jpeg;base64,QUJDRA==", false, "ABCD", ContentJPEG},
		"data URL, spaces": {ContentJPEGBase64, "\nDATA:;BASE64, QUJDRA", false, "ABCD", ContentJPEG},
		"type in capitals": {"Image/X-PNG-Base64 ; q=1", "QUJDRA", false, "ABCD", ContentPNG},
		"raw jpeg":         {ContentJPEG, "\xff\xd8 \n", true, "\xff\xd8 \n", ContentJPEG},
		"raw png":          {ContentPNG, "\x89PNG", true, "\x89PNG", ContentPNG},
	} {
		t.Run(name, func(t *testing.T) {
			got, mediaType, err := NewFrame(c.contentType, []byte(c.body)).Image(c.binary)
			if err != nil || string(got) != c.want || mediaType != c.mediaType {
				t.Errorf("got %q, %q, %v", got, mediaType, err)
			}
		})
	}
	for name, c := range map[string]struct {
		contentType, body string
		binary            bool
		code              int
	}{
		"raw in text":       {ContentJPEG, "\xff\xd8", false, CodeContentType},
		"raw png in text":   {ContentPNG, "\x89PNG", false, CodeContentType},
		"other type":        {"image/bmp", "BM", true, CodeContentType},
		"no type":           {"", "QUJD", true, CodeContentType},
		"empty raw":         {ContentJPEG, "", true, CodeBadImage},
		"empty base64":      {ContentJPEGBase64, " \n", false, CodeBadImage},
		"bad alphabet":      {ContentJPEGBase64, "QU-_", false, CodeBadImage},
		"odd length":        {ContentJPEGBase64, "QUJDR", false, CodeBadImage},
		"padding inside":    {ContentJPEGBase64, "QQ==QQ==", false, CodeBadImage},
		"much padding":      {ContentJPEGBase64, "QQ===", false, CodeBadImage},
		"data, not base64":  {ContentJPEGBase64, "data:image/jpeg,QUJD", false, CodeBadImage},
		"data, no comma":    {ContentJPEGBase64, "data:image/jpeg;base64", false, CodeBadImage},
		"data, long prefix": {ContentJPEGBase64, "data:" + strings.Repeat("x", 200) + ";base64,QUJD", false, CodeBadImage},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := NewFrame(c.contentType, []byte(c.body)).Image(c.binary)
			wantCode(t, err, c.code)
		})
	}
	_, _, err := NewHeartbeat().Image(true)
	wantCode(t, err, CodeMalformed)
}

func TestInspect(t *testing.T) {
	for _, c := range []struct {
		image     []byte
		mediaType string
	}{{jpegBytes(t, 97, 53), ContentJPEG}, {pngBytes(t, 97, 53), ContentPNG}} {
		for name, image := range map[string][]byte{"as it is": c.image, "bytes after": append(bytes.Clone(c.image), "more"...)} {
			if w, h, err := Inspect(image, c.mediaType); err != nil || w != 97 || h != 53 {
				t.Errorf("%s, %s: %d x %d, %v", c.mediaType, name, w, h, err)
			}
		}
		for n := range len(c.image) {
			if _, _, err := Inspect(c.image[:n], c.mediaType); err == nil {
				t.Fatalf("%s: the first %d of %d bytes pass", c.mediaType, n, len(c.image))
			}
		}
		other := ContentPNG
		if c.mediaType == other {
			other = ContentJPEG
		}
		_, _, err := Inspect(c.image, other)
		wantCode(t, err, CodeBadImage)
	}
	_, _, err := Inspect(jpegBytes(t, 8, 8), "image/bmp")
	wantCode(t, err, CodeContentType)
}

func TestInspectRefuses(t *testing.T) {
	sof := "\xff\xc0\x00\x0b\x08\x00\x10\x00\x20\x01\x01\x11\x00"
	sos := "\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x12\xff\x00\xff\xd0\x34"
	if w, h, err := Inspect([]byte("\xff\xd8"+sof+"\xff\xff"+sos+sos+"\xff\xd9"), ContentJPEG); err != nil || w != 32 || h != 16 {
		t.Fatalf("%d x %d, %v", w, h, err)
	}
	bad := pngBytes(t, 9, 9)
	bad[len(bad)-30] ^= 1
	for name, c := range map[string]struct{ image, mediaType string }{
		"no data":             {"\xff\xd8" + sof + "\xff\xd9", ContentJPEG},
		"no size":             {"\xff\xd8" + sos + "\xff\xd9", ContentJPEG},
		"two sizes":           {"\xff\xd8" + sof + sof + sos + "\xff\xd9", ContentJPEG},
		"lossless":            {"\xff\xd8\xff\xc3" + sof[2:] + sos + "\xff\xd9", ContentJPEG},
		"height 0":            {"\xff\xd8\xff\xc0\x00\x0b\x08\x00\x00\x00\x20\x01\x01\x11\x00" + sos + "\xff\xd9", ContentJPEG},
		"no marker":           {"\xff\xd8\xff\xe0\x00\x02x" + sof + sos + "\xff\xd9", ContentJPEG},
		"segment length 1":    {"\xff\xd8\xff\xe0\x00\x01" + sof + sos + "\xff\xd9", ContentJPEG},
		"second start":        {"\xff\xd8\xff\xd8" + sof + sos + "\xff\xd9", ContentJPEG},
		"png checksum":        {string(bad), ContentPNG},
		"png without pixels":  {string(pngBytes(t, 9, 9)[:33]) + "\x00\x00\x00\x00IEND\xaeB`\x82", ContentPNG},
		"png header missing":  {pngMagic + "\x00\x00\x00\x00IEND\xaeB`\x82", ContentPNG},
		"png chunk too large": {pngMagic + "\xff\xff\xff\xffIHDR\x00\x00\x00\x00", ContentPNG},
	} {
		_, _, err := Inspect([]byte(c.image), c.mediaType)
		if err == nil {
			t.Errorf("%s passes", name)
			continue
		}
		wantCode(t, err, CodeBadImage)
	}
}

// TestInspectRealImages holds Inspect against the standard decoders on photographs
// of many origins.
func TestInspectRealImages(t *testing.T) {
	root := sharedFaces(t)
	seen := 0
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		mediaType := map[string]string{".jpg": ContentJPEG, ".jpeg": ContentJPEG, ".png": ContentPNG}[filepath.Ext(path)]
		if err != nil || mediaType == "" {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		cfg, format, err := image.DecodeConfig(bytes.NewReader(b))
		if err != nil {
			return err
		}
		w, h, err := Inspect(b, "image/"+format) // some are named .png and are not
		if err != nil || w != cfg.Width || h != cfg.Height {
			t.Errorf("%s: %d x %d, %v; want %d x %d", path, w, h, err, cfg.Width, cfg.Height)
		}
		if _, _, err := Inspect(b[:len(b)*9/10], "image/"+format); err == nil {
			t.Errorf("%s: nine tenths of it pass", path)
		}
		seen++
		return nil
	})
	if err != nil || seen == 0 {
		t.Fatalf("%d images seen, %v", seen, err)
	}
}

// sharedFaces finds the test media beside the repository, or skips.
func sharedFaces(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	faces := filepath.Join(dir, "..", "shared", "faces")
	if _, err := os.Stat(faces); err != nil {
		t.Skipf("no test faces at %s", faces)
	}
	return faces
}
