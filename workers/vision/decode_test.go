package vision

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"path/filepath"
	"testing"

	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/schemas/imagefile/imagefiletest"
)

func newDecoder(tb testing.TB) *Decoder {
	d := NewDecoder(1 << 22)
	tb.Cleanup(d.Close)
	return d
}

// scene returns a smooth picture with an edge in it, different for every seed.
func scene(w, h, seed int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			img.Set(x, y, color.RGBA{uint8(x*2 + seed*40), uint8(y*3 + seed*90), uint8((x + y) * (1 - seed%2)), 255})
		}
	}
	return img
}

func asPNG(tb testing.TB, img image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

func asJPEG(tb testing.TB, img image.Image) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 95}); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// apart returns the mean difference of two pictures in grey levels.
func apart(tb testing.TB, got *Image, want image.Image) float64 {
	tb.Helper()
	b := want.Bounds()
	if got.Width != b.Dx() || got.Height != b.Dy() || len(got.Pix) != b.Dx()*b.Dy()*3 {
		tb.Fatalf("%d x %d with %d bytes, want %v", got.Width, got.Height, len(got.Pix), b)
	}
	var sum float64
	for y := range got.Height {
		for x := range got.Width {
			r, g, bl, _ := want.At(b.Min.X+x, b.Min.Y+y).RGBA()
			p := got.Pix[(y*got.Width+x)*3:]
			sum += math.Abs(float64(p[0])-float64(r>>8)) + math.Abs(float64(p[1])-float64(g>>8)) + math.Abs(float64(p[2])-float64(bl>>8))
		}
	}
	return sum / float64(len(got.Pix))
}

// One decoder takes pictures of changing size and format; none leaves a trace in the next.
func TestDecodeLikeGo(t *testing.T) {
	d := newDecoder(t)
	var img Image
	gray := image.NewGray(image.Rect(0, 0, 40, 30))
	palette := image.NewPaletted(image.Rect(0, 0, 33, 17), color.Palette{color.Black, color.White, color.RGBA{200, 10, 30, 255}})
	deep := image.NewNRGBA64(image.Rect(0, 0, 20, 21))
	for i := range gray.Pix {
		gray.Pix[i] = uint8(i)
	}
	for i := range palette.Pix {
		palette.Pix[i] = uint8(i % 3)
	}
	for i := range deep.Pix {
		deep.Pix[i] = uint8(i / 8)
	}
	for i := 3 * 2; i < len(deep.Pix); i += 8 {
		deep.Pix[i], deep.Pix[i+1] = 255, 255
	}
	for _, c := range []struct {
		name string
		img  image.Image
	}{
		{"first", scene(64, 48, 0)},
		{"second of the same size", scene(64, 48, 1)},
		{"odd size", scene(31, 17, 2)},
		{"one pixel", scene(1, 1, 3)},
		{"wide", scene(2000, 3, 4)},
		{"gray", gray},
	} {
		if err := d.Decode(asPNG(t, c.img), &img); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if diff := apart(t, &img, c.img); diff != 0 {
			t.Errorf("%s as PNG: %.2f levels off", c.name, diff)
		}
		data := asJPEG(t, c.img)
		if err := d.Decode(data, &img); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		want, err := jpeg.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if diff := apart(t, &img, want); diff > 2.5 {
			t.Errorf("%s as JPEG: %.2f levels off", c.name, diff)
		}
	}
	for name, p := range map[string]image.Image{"palette": palette, "16 bits": deep} {
		if err := d.Decode(asPNG(t, p), &img); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := apart(t, &img, p); diff > .6 {
			t.Errorf("%s: %.2f levels off", name, diff)
		}
	}
}

func TestDecodePhotograph(t *testing.T) {
	data := readFile(t, filepath.Join(faces(t), "conditions", "frontal_zub.jpg"))
	want, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var img Image
	if err := newDecoder(t).Decode(data, &img); err != nil {
		t.Fatal(err)
	}
	if diff := apart(t, &img, want); diff > 1.5 {
		t.Errorf("%.2f levels off", diff)
	}
}

func TestDecodeRefusesDamage(t *testing.T) {
	d := newDecoder(t)
	var img Image
	photo := asJPEG(t, scene(160, 120, 2))
	drawing := asPNG(t, scene(160, 120, 2))
	flipped := func(data []byte, at int) []byte {
		out := bytes.Clone(data)
		out[at] ^= 0x55
		return out
	}
	cases := map[string][]byte{
		"empty":        nil,
		"text":         []byte("<svg xmlns='http://www.w3.org/2000/svg'/>"),
		"GIF":          []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"),
		"JPEG bomb":    resizedJPEG(photo, 65000, 65000),
		"PNG bomb":     resizedPNG(drawing, 65000, 65000),
		"PNG higher":   resizedPNG(drawing, 160, 240),
		"PNG checksum": flipped(drawing, len(drawing)/2),
		"no scan":      append(bytes.Clone(photo[:20]), 0xff, 0xd9),
	}
	for _, part := range []int{3, 10, 50, 90, 99} {
		cases["JPEG cut "+string(rune('0'+part/10))] = photo[:len(photo)*part/100]
		cases["PNG cut "+string(rune('0'+part/10))] = drawing[:(len(drawing)-len("....IEND...."))*part/100]
	}
	cases["JPEG ends early"] = append(bytes.Clone(photo[:len(photo)*6/10]), 0xff, 0xd9)
	for name, data := range cases {
		if err := d.Decode(data, &img); !errors.Is(err, ErrUndecodable) {
			t.Errorf("%s: %v, want ErrUndecodable", name, err)
		}
	}
	if err := d.Decode(photo, &img); err != nil {
		t.Errorf("a good picture after bad ones: %v", err)
	}
	small := NewDecoder(160*120 - 1)
	defer small.Close()
	if err := small.Decode(photo, &img); !errors.Is(err, ErrUndecodable) {
		t.Errorf("one pixel over the limit: %v", err)
	}
}

// resizedJPEG writes another size into the frame header.
func resizedJPEG(data []byte, w, h uint16) []byte {
	out := bytes.Clone(data)
	at := bytes.Index(out, []byte{0xff, 0xc0})
	binary.BigEndian.PutUint16(out[at+5:], h)
	binary.BigEndian.PutUint16(out[at+7:], w)
	return out
}

// resizedPNG writes another size into the header, with a checksum that fits.
func resizedPNG(data []byte, w, h uint32) []byte {
	out := bytes.Clone(data)
	binary.BigEndian.PutUint32(out[16:], w)
	binary.BigEndian.PutUint32(out[20:], h)
	binary.BigEndian.PutUint32(out[29:], crc32.ChecksumIEEE(out[12:29]))
	return out
}

// An EXIF orientation is obeyed: pictures of phones are stored as the sensor lay.
func TestDecodeOriented(t *testing.T) {
	shown := scene(64, 48, 0)
	d := newDecoder(t)
	for o := range imagefile.LeftIsTop {
		o++
		w, h := 64, 48
		if o.Sideways() {
			w, h = h, w
		}
		stored := image.NewRGBA(image.Rect(0, 0, w, h))
		for y := range 48 {
			for x := range 64 {
				sx, sy := o.Stored(x, y, w, h)
				stored.Set(sx, sy, shown.At(x, y))
			}
		}
		for _, file := range [][]byte{asJPEG(t, stored), asPNG(t, stored)} {
			var img Image
			if err := d.Decode(imagefiletest.Oriented(file, o), &img); err != nil {
				t.Fatal(err)
			}
			if off := apart(t, &img, shown); off > 3 {
				t.Errorf("orientation %d: %.1f grey levels off", o, off)
			}
		}
	}
}

// Files that another program has turned: the same picture stored in three ways.
func TestDecodePhonePictures(t *testing.T) {
	d := newDecoder(t)
	read := func(name string) *Image {
		img := &Image{}
		if err := d.Decode(readFile(t, filepath.Join(faces(t), "..", "cases", name)), img); err != nil {
			t.Fatal(err)
		}
		return img
	}
	upright := read("ref_upright.jpg")
	for _, name := range []string{"ref_exif3.jpg", "ref_exif6.jpg", "ref_exif8.jpg"} {
		img := read(name)
		if img.Width != upright.Width || img.Height != upright.Height {
			t.Fatalf("%s: %d x %d", name, img.Width, img.Height)
		}
		var sum float64
		for i := range img.Pix {
			sum += math.Abs(float64(img.Pix[i]) - float64(upright.Pix[i]))
		}
		if off := sum / float64(len(img.Pix)); off > 3 {
			t.Errorf("%s: %.1f grey levels from the upright picture", name, off)
		}
	}
}
