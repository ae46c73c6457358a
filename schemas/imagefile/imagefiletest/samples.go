// Package imagefiletest creates JPEG and PNG files for tests: of every kind that is a picture, and of every kind that is
// refused.
package imagefiletest

import (
	"bytes"

	"github.com/selene-liveness/selene/schemas/imagefile"
)

// Verdict is the result that a sample must lead to.
type Verdict int

// The verdicts.
const (
	Good       Verdict = iota // a picture
	BadFile                   // imagefile.Inspect refuses it, as does every decoder
	BadRows                   // imagefile.Verify refuses it, as does every decoder
	BadEntropy                // every decoder refuses it
)

// Sample is a file.
type Sample struct {
	Name          string
	Data          []byte
	Verdict       Verdict
	Truncated     bool // the refusal is imagefile.ErrTruncated
	Width, Height int  // of a good sample
}

// Samples returns one file of each kind, created by each call.
func Samples() []Sample {
	photo, drawing := JPEG(Picture(97, 53)), PNG(Picture(97, 53))
	rgb, progressive := header(16, 16, 8, 2, 0), progressiveJPEG()
	good := func(name string, w, h int, data []byte) Sample {
		return Sample{Name: name, Data: data, Width: w, Height: h}
	}
	bad := func(name string, data []byte) Sample { return Sample{Name: name, Data: data, Verdict: BadFile} }
	cut := func(name string, v Verdict, data []byte) Sample {
		return Sample{Name: name, Data: data, Verdict: v, Truncated: true}
	}
	return []Sample{
		good("JPEG", 97, 53, photo),
		good("JPEG of one pixel", 1, 1, JPEG(Picture(1, 1))),
		good("JPEG with bytes after it", 97, 53, append(bytes.Clone(photo), photo...)),
		good("grey JPEG", 40, 30, greyJPEG(40, 30)),
		good("JPEG with a scan for each component", 40, 30, planarJPEG(3, 3)),
		good("CMYK JPEG", 40, 30, planarJPEG(4, 4)),
		good("progressive JPEG", 16, 16, progressive),
		good("JPEG with an orientation", 48, 32, Oriented(JPEG(Picture(48, 32)), imagefile.RightIsTop)),
		good("JPEG with much metadata", 48, 32, heavyJPEG(48, 32)),
		good("JPEG without an end", 97, 53, without(photo, 2)),
		good("JPEG with half an end", 97, 53, without(photo, 1)),
		good("progressive JPEG without an end", 16, 16, without(progressive, 2)),
		good("JPEG with bytes between its segments", 97, 53, spacedJPEG(photo)),
		good("JPEG with fill bytes", 97, 53, append([]byte{0xff, 0xd8, 0xff, 0xff}, photo[2:]...)),

		good("PNG", 97, 53, drawing),
		good("PNG of one pixel", 1, 1, PNG(Picture(1, 1))),
		good("PNG with bytes after it", 97, 53, append(bytes.Clone(drawing), drawing...)),
		good("PNG without an end", 97, 53, without(drawing, 12)),
		good("PNG with half an end", 97, 53, without(drawing, 5)),
		good("PNG with a wrong checksum at the end", 97, 53, patchChecksum(drawing, "IEND")),
		good("PNG with a wrong checksum of metadata", 97, 53, patchChecksum(Oriented(drawing, imagefile.UpsideDown), "eXIf")),
		good("interlaced PNG", 21, 13, interlacedPNG(21, 13, 0)),
		good("interlaced PNG of two pixels", 1, 2, interlacedPNG(1, 2, 0)),
		good("PNG in many chunks", 16, 16, splitPNG(16, 16)),
		good("PNG with 16 bits", 20, 21, deepPNG(20, 21)),
		good("grey PNG", 40, 30, greyPNG(40, 30)),
		good("grey PNG with 16 bits", 40, 30, deepGreyPNG(40, 30)),
		good("PNG with 2 colours", 33, 17, palettedPNG(33, 17, 2)),
		good("PNG with 200 colours", 33, 17, palettedPNG(33, 17, 200)),

		bad("nothing", nil),
		bad("GIF", []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;")),
		bad("text", []byte("<svg xmlns='http://www.w3.org/2000/svg'/>")),
		{Name: "half a JPEG", Data: photo[:len(photo)/2], Verdict: BadEntropy},
		{Name: "JPEG without its last byte of pixels", Data: without(photo, 3), Verdict: BadEntropy},
		cut("JPEG with two of three scans and no end", BadFile, without(planarJPEG(3, 2), 2)),
		cut("progressive JPEG with one of two scans and no end", BadFile, progressive[:bytes.LastIndex(progressive, []byte{0xff, 0xda})]),
		cut("JPEG with one of three scans", BadFile, planarJPEG(3, 1)),
		{Name: "half a JPEG with an end", Data: append(bytes.Clone(photo[:len(photo)*6/10]), 0xff, 0xd9), Verdict: BadEntropy},
		bad("JPEG with 12 bits", patchJPEG(photo, 4, 12)),
		bad("arithmetic JPEG", patchJPEG(photo, 1, 0xc9)),
		bad("lossless JPEG", patchJPEG(photo, 1, 0xc3)),
		bad("JPEG-LS", patchJPEG(photo, 1, 0xf7)),
		bad("JPEG without a height", patchJPEG(photo, 5, 0, 0)),
		bad("JPEG of 65000 x 65000", patchJPEG(photo, 5, 0xfd, 0xe8, 0xfd, 0xe8)),
		{Name: "JPEG higher than its data", Data: patchJPEG(photo, 5, 1, 0), Verdict: BadEntropy},
		bad("JPEG of two components", planarJPEG(2, 2)),

		cut("half a PNG", BadFile, drawing[:30]),
		cut("PNG without the end of its pixels", BadFile, without(drawing, 12+4+5)),
		cut("PNG with half of its rows", BadRows, TruncatedPNG(128, 128, 64)),
		cut("PNG with all rows but one", BadRows, TruncatedPNG(128, 128, 127)),
		cut("PNG with no rows", BadRows, TruncatedPNG(128, 128, 0)),
		cut("interlaced PNG with a byte missing", BadRows, interlacedPNG(21, 13, 1)),
		{Name: "PNG with too many rows", Data: TruncatedPNG(16, 16, 17), Verdict: BadRows},
		{Name: "PNG with an unknown filter", Data: pngOf(rgb, bytes.Repeat([]byte{5}, 16*49)), Verdict: BadRows},
		{
			Name:    "PNG with invalid compressed data",
			Data:    append(append(bytes.Clone(rgb), chunk("IDAT", []byte("not compressed"))...), chunk("IEND", nil)...),
			Verdict: BadRows,
		},
		bad("PNG with a wrong checksum", patchChecksum(drawing, "IDAT")),
		bad("PNG of 65000 x 65000", pngOf(header(65000, 65000, 8, 2, 0), nil)),
		bad("PNG of 100000 x 1", pngOf(header(100000, 1, 8, 2, 0), pixelRows(300000, 1))),
		bad("PNG without pixels", append(bytes.Clone(rgb), chunk("IEND", nil)...)),
		bad("PNG without a palette", pngOf(header(16, 16, 8, 3, 0), pixelRows(16, 16))),
		bad("PNG with 5 bits", pngOf(header(16, 16, 5, 2, 0), pixelRows(30, 16))),
	}
}
