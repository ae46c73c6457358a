package imagefiletest

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"slices"

	"github.com/selene-liveness/selene/schemas/imagefile"
)

// Picture returns a picture with noise-like detail, so that its compressed forms have stuffed bytes and long codes.
func Picture(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetRGBA(x, y, color.RGBA{uint8(x * y), uint8(x ^ y*7), uint8(x*x + y), 255})
		}
	}
	return m
}

// JPEG returns m as a baseline JPEG.
func JPEG(m image.Image) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 90}); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func greyJPEG(w, h int) []byte {
	m := image.NewGray(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = uint8(i * 5)
	}
	return JPEG(m)
}

// Markers that are looked for in what image/jpeg writes: it uses no fill bytes, and its quantization and Huffman tables
// hold no 0xff.
var (
	frameMarker = []byte{0xff, 0xc0}
	scanMarker  = []byte{0xff, 0xda}
)

// planarJPEG turns a grey JPEG of 40 x 30 pixels into one of several components, with a scan of the same data for each of the
// first ones.
func planarJPEG(components, scans int) []byte {
	const w, h = 40, 30
	grey := greyJPEG(w, h)
	if components == 4 {
		grey = insert(grey, 0xee, []byte("Adobe\x00\x64\x00\x00\x00\x00\x00")) // CMYK
	}
	frame, scan := bytes.Index(grey, frameMarker), bytes.Index(grey, scanMarker)
	sof := []byte{0xff, 0xc0, 0, byte(8 + 3*components), 8, 0, h, 0, w, byte(components)}
	for i := range components {
		sof = append(sof, byte(i+1), 0x11, 0)
	}
	out := append(bytes.Clone(grey[:frame]), sof...)
	out = append(out, grey[frame+13:scan]...)
	data := grey[scan+10 : len(grey)-2]
	for i := range scans {
		out = append(out, 0xff, 0xda, 0, 8, 1, byte(i+1), 0, 0, 63, 0)
		out = append(out, data...)
	}
	return append(out, 0xff, 0xd9)
}

// progressiveJPEG is plain grey, 16 x 16, in a DC scan and an AC scan. Both Huffman tables have one code, 0.
func progressiveJPEG() []byte {
	out := []byte{0xff, 0xd8, 0xff, 0xdb, 0, 67, 0}
	out = append(out, bytes.Repeat([]byte{1}, 64)...)
	out = append(out, 0xff, 0xc2, 0, 11, 8, 0, 16, 0, 16, 1, 1, 0x11, 0)
	for _, class := range []byte{0x00, 0x10} {
		out = append(out, 0xff, 0xc4, 0, 20, class, 1)
		out = append(out, make([]byte, 15+1)...)
	}
	out = append(out, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0, 0x0f)
	out = append(out, 0xff, 0xda, 0, 8, 1, 1, 0, 1, 63, 0, 0x0f)
	return append(out, 0xff, 0xd9)
}

// insert puts a segment after the start of image.
func insert(file []byte, marker byte, content []byte) []byte {
	out := binary.BigEndian.AppendUint16([]byte{0xff, 0xd8, 0xff, marker}, uint16(len(content)+2))
	return append(append(out, content...), file[2:]...)
}

// EXIF returns a TIFF block that holds an orientation alone.
func EXIF(o imagefile.Orientation) []byte {
	return []byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00" + string(rune(o)) + "\x00\x00\x00\x00\x00\x00")
}

// Oriented returns a JPEG or PNG with an orientation in its metadata.
func Oriented(file []byte, o imagefile.Orientation) []byte {
	if imagefile.Detect(file) == imagefile.PNG {
		header := len("\x89PNG\r\n\x1a\n") + 25
		return slices.Concat(file[:header], chunk("eXIf", EXIF(o)), file[header:])
	}
	return insert(file, 0xe1, append([]byte("Exif\x00\x00"), EXIF(o)...))
}

// heavyJPEG returns a JPEG that has many large metadata segments, with markers in their content.
func heavyJPEG(w, h int) []byte {
	out := JPEG(Picture(w, h))
	for range 20 {
		out = insert(out, 0xe1, bytes.Repeat([]byte("\xff\xd9\xff\xda\xff\xd8\xff\xc0"), 4000))
	}
	return out
}

// patchJPEG overwrites bytes of the frame header, counted from its marker.
func patchJPEG(file []byte, offset int, with ...byte) []byte {
	out := bytes.Clone(file)
	copy(out[bytes.Index(out, frameMarker)+offset:], with)
	return out
}
