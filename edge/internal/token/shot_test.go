package token

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"testing"

	"github.com/selene-liveness/selene/schemas"
)

// noisy returns a picture that compresses badly, red where the face is.
func noisy(w, h int, face image.Rectangle) image.Image {
	img, r := image.NewRGBA(image.Rect(0, 0, w, h)), rand.New(rand.NewPCG(1, 2))
	for y := range h {
		for x := range w {
			c := color.RGBA{0, uint8(r.IntN(256)), uint8(r.IntN(256)), 255}
			if image.Pt(x, y).In(face) {
				c = color.RGBA{255, 0, 0, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	return img
}

func TestShot(t *testing.T) {
	face := &schemas.Rect{X: 200, Y: 120, Width: 100, Height: 120}
	img := noisy(640, 480, image.Rect(200, 120, 300, 240))
	var asJPEG, asPNG bytes.Buffer
	if err := jpeg.Encode(&asJPEG, img, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(&asPNG, img); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		settings schemas.TokenSettings
		w, h     int
		same     bool // byte for byte
	}{
		"as received":          {schemas.TokenSettings{BestShotCrop: "frame"}, 640, 480, true},
		"fits":                 {schemas.TokenSettings{BestShotCrop: "frame", BestShotMaxPixels: 640, BestShotMaxBytes: 1 << 21}, 640, 480, true},
		"face":                 {schemas.TokenSettings{BestShotCrop: "face"}, 240, 240, false},
		"face, scaled down":    {schemas.TokenSettings{BestShotCrop: "face", BestShotMaxPixels: 96}, 96, 96, false},
		"scaled down":          {schemas.TokenSettings{BestShotCrop: "frame", BestShotMaxPixels: 320}, 320, 240, false},
		"compressed":           {schemas.TokenSettings{BestShotCrop: "frame", BestShotMaxBytes: 120_000}, 0, 0, false},
		"compressed very much": {schemas.TokenSettings{BestShotCrop: "frame", BestShotMaxBytes: 4096}, 0, 0, false},
	} {
		for format, picture := range map[string][]byte{"JPEG": asJPEG.Bytes(), "PNG": asPNG.Bytes()} {
			got, err := Shot(picture, face, &c.settings)
			if err != nil {
				t.Fatalf("%s, %s: %v", name, format, err)
			}
			config, _, err := image.DecodeConfig(bytes.NewReader(got))
			if err != nil || c.w > 0 && (config.Width != c.w || config.Height != c.h) || bytes.Equal(got, picture) != c.same {
				t.Errorf("%s, %s: %dx%d (%v), the same %v", name, format, config.Width, config.Height, err, bytes.Equal(got, picture))
			}
			if most := c.settings.BestShotMaxBytes; most > 0 && len(got) > most {
				t.Errorf("%s, %s: %d bytes", name, format, len(got))
			}
		}
	}
	got, err := Shot(asJPEG.Bytes(), face, &schemas.TokenSettings{BestShotCrop: "face"})
	if err != nil {
		t.Fatal(err)
	}
	shown, err := jpeg.Decode(bytes.NewReader(got))
	if err != nil {
		t.Fatal(err)
	}
	if r, g, _, _ := shown.At(120, 120).RGBA(); r < 0xe000 || g > 0x3000 {
		t.Errorf("the face is not in the middle: %v", shown.At(120, 120))
	}
	// At the edge, or with a face nobody located, there is a picture all the same.
	for _, odd := range []*schemas.Rect{nil, {X: 600, Y: 440, Width: 100, Height: 100}, {X: 5000, Y: 5000, Width: 10, Height: 10}} {
		if got, err := Shot(asJPEG.Bytes(), odd, &schemas.TokenSettings{BestShotCrop: "face"}); err != nil || len(got) == 0 {
			t.Errorf("face %v: %v", odd, err)
		}
	}
	if _, err := Shot([]byte("no picture"), face, &schemas.TokenSettings{BestShotCrop: "face"}); err == nil {
		t.Error("bytes that are not a picture were cropped")
	}
}
