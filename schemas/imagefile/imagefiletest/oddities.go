package imagefiletest

import (
	"bytes"
	"image/color"
	"slices"

	"github.com/selene-liveness/selene/schemas/imagefile"
)

// Oddity is a file that is unlike those of most cameras.
type Oddity struct {
	Name string
	Data []byte
	// Shown are the colours that viewers show in the middle of the four quarters of the picture: top left, top right, bottom left, bottom
	// right. It is nil for a file that must be refused.
	Shown []color.NRGBA
}

// OdditySide is the width and height of the pictures, in pixels.
const OdditySide = 64

// OddityTolerance is how far a value of a colour may be from what is shown: what converting it to YCbCr and back costs.
const OddityTolerance = 4

// quarters are the colours of most oddities.
var quarters = []color.NRGBA{{200, 60, 40, 255}, {50, 170, 90, 255}, {30, 70, 210, 255}, {230, 220, 190, 255}}

func greys() (out []color.NRGBA) {
	for _, c := range quarters {
		out = append(out, color.NRGBA{c.G, c.G, c.G, 255})
	}
	return out
}

// Oddities returns one file of each kind, created by each call: what the standards allow, and what phones, editors and damaged storage
// make of it.
func Oddities() []Oddity { return append(jpegOddities(), pngOddities()...) }

func jpegOddities() []Oddity {
	plain := oddJPEG{}.file()
	half := plain[len(plain)/2:]
	scan := bytes.Index(plain, scanMarker)
	jfif := segment(0xe0, []byte("JFIF\x00\x01\x02\x00\x00\x48\x00\x48\x00\x00"))
	adobe := func(transform byte) []byte {
		return segment(0xee, append([]byte("Adobe\x00\x64\x00\x00\x00\x00"), transform))
	}
	shown := func(name string, data []byte) Oddity { return Oddity{name, data, quarters} }
	refused := func(name string, data []byte) Oddity { return Oddity{Name: name, Data: data} }
	named := func(name string, j oddJPEG) Oddity { return shown(name, j.file()) }
	thumbnail := append([]byte("Exif\x00\x00"), append(EXIF(imagefile.Upright), JPEG(Picture(16, 12))...)...)
	movie := slices.Concat([]byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00isommp42"), bytes.Repeat([]byte{0xff, 0xd8, 0xff, 0xc0}, 500))
	index, hdr := []byte("MPF\x00MM\x00*\x00\x00\x00\x08"), []byte("http://ns.adobe.com/xap/1.0/\x00<x hdrgm:Version='1.0'/>")
	insertAt := func(at int, b ...byte) []byte { return slices.Insert(bytes.Clone(plain), at, b...) }
	return []Oddity{
		named("JPEG", oddJPEG{}),
		named("JPEG with JFIF", oddJPEG{start: jfif}),
		named("restart markers", oddJPEG{restart: 1}),
		named("restart markers with fill bytes", oddJPEG{restart: 1, fill: 3}),
		named("restart markers, a scan for each component", oddJPEG{restart: 3, planar: true}),
		refused("restart markers without an interval", oddJPEG{restart: 1, noInterval: true}.file()),
		refused("restart markers in a wrong order", oddJPEG{restart: 1, firstRestart: 1}.file()),
		refused("a restart marker lost", oddJPEG{restart: 1, lose: 2}.file()),
		named("a scan for each component", oddJPEG{planar: true}),
		named("extended sequential", oddJPEG{sof: 0xc1}),
		named("4:2:0", oddJPEG{sampling: []byte{0x22, 0x11, 0x11}}),
		named("4:2:2", oddJPEG{sampling: []byte{0x21, 0x11, 0x11}}),
		named("4:4:0", oddJPEG{sampling: []byte{0x12, 0x11, 0x11}}),
		named("4:1:1", oddJPEG{sampling: []byte{0x41, 0x11, 0x11}}),
		named("4:4:4 with factors of two, a scan for each component", oddJPEG{sampling: []byte{0x22, 0x22, 0x22}, planar: true}),
		refused("4:4:4 with factors of two in one scan", oddJPEG{sampling: []byte{0x22, 0x22, 0x22}}.file()),
		{"grey", oddJPEG{values: greyValues}.file(), greys()},
		{"grey with factors of two", oddJPEG{values: greyValues, sampling: []byte{0x22}}.file(), greys()},
		refused("two components", oddJPEG{values: greyAlphaValues}.file()),

		shown("fill bytes before every segment", filled(plain)),
		shown("bytes between segments", spacedJPEG(plain)),
		shown("fill bytes before the end", insertAt(len(plain)-2, 0xff, 0xff)),
		shown("DNL after the scan", insertAt(len(plain)-2, segment(0xdc, []byte{0, OdditySide})...)),
		refused("no height, DNL after the scan", patchJPEG(insertAt(len(plain)-2, segment(0xdc, []byte{0, OdditySide})...), 5, 0, 0)),
		refused("12 bits", patchJPEG(plain, 4, 12)),
		refused("arithmetic coding", patchJPEG(plain, 1, 0xc9)),
		refused("lossless", patchJPEG(plain, 1, 0xc3)),
		refused("a second frame header", slices.Insert(bytes.Clone(plain), scan, plain[bytes.Index(plain, frameMarker):scan]...)),
		refused("the data of another picture after half of its own", append(bytes.Clone(plain[:scan+30]), half...)),

		shown("a thumbnail in EXIF", insert(plain, 0xe1, thumbnail)),
		shown("a thumbnail in JFIF", insert(plain, 0xe0, slices.Concat([]byte("JFXX\x00\x10"), JPEG(Picture(16, 12))))),
		shown("MPO: a second picture after the first", append(insert(plain, 0xe2, index), JPEG(Picture(64, 64))...)),
		shown("motion photo: MP4 after the picture", append(bytes.Clone(plain), movie...)),
		shown("gain map: XMP and a second picture", append(insert(plain, 0xe1, hdr), oddJPEG{values: greyValues}.file()...)),
		shown("a colour profile", insert(plain, 0xe2, append([]byte("ICC_PROFILE\x00\x01\x01"), make([]byte, 500)...))),
		shown("a comment after the scan", insertAt(len(plain)-2, segment(0xfe, []byte("made by hand"))...)),

		named("Adobe, YCbCr", oddJPEG{start: adobe(1)}),
		named("Adobe, an unknown transform", oddJPEG{start: adobe(7)}),
		named("Adobe, RGB", oddJPEG{start: adobe(0), values: rgbValues}),
		named("RGB by the names of components", oddJPEG{values: rgbValues, ids: "RGB"}),
		named("JFIF and Adobe, RGB: JFIF counts", oddJPEG{start: append(bytes.Clone(jfif), adobe(0)...)}),
		named("Adobe, RGB, after the frame header", oddJPEG{middle: adobe(0), values: rgbValues}),
		named("two Adobe segments: the second counts", oddJPEG{start: append(adobe(0), adobe(1)...)}),
		refused("Adobe, YCbCr, with the names of RGB", oddJPEG{start: adobe(1), ids: "RGB"}.file()),
		refused("Adobe, RGB, subsampled", oddJPEG{start: adobe(0), values: rgbValues, sampling: []byte{0x22, 0x11, 0x11}}.file()),
		named("Adobe, CMYK", oddJPEG{start: adobe(0), values: cmykValues}),
		named("Adobe, YCCK", oddJPEG{start: adobe(2), values: ycckValues}),
		named("Adobe, YCCK, subsampled", oddJPEG{start: adobe(2), values: ycckValues, sampling: []byte{0x22, 0x11, 0x11, 0x22}}),
		refused("CMYK without Adobe", oddJPEG{values: cmykValues}.file()),
	}
}

// filled returns a JPEG with fill bytes before each marker outside scans.
func filled(file []byte) (out []byte) {
	out = append(out, file[:2]...)
	at := 2
	for marker, content := range imagefile.Segments(file) {
		out = append(append(out, 0xff, 0xff), segment(marker, content)...)
		at += 4 + len(content)
	}
	return append(append(out, 0xff, 0xff), file[at:]...)
}
