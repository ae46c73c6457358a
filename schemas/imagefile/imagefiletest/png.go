package imagefiletest

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
)

// PNG returns m as a PNG.
func PNG(m image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// chunk returns a chunk with its checksum.
func chunk(kind string, content []byte) []byte {
	out := binary.BigEndian.AppendUint32(nil, uint32(len(content)))
	out = append(append(out, kind...), content...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
}

func deflate(data []byte) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = w.Write(data)
	_ = w.Close()
	return b.Bytes()
}

// header returns a signature and an IHDR chunk.
func header(w, h uint32, depth, colorType, interlace byte) []byte {
	ihdr := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	return append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(ihdr, depth, colorType, 0, 0, interlace))...)
}

// TruncatedPNG returns an RGB picture of w x h pixels of which only the first rows are there; all checksums fit.
func TruncatedPNG(w, h, rows int) []byte {
	return pngOf(header(uint32(w), uint32(h), 8, 2, 0), pixelRows(w*3, rows))
}

// pixelRows returns unfiltered rows of so many bytes each.
func pixelRows(length, rows int) (out []byte) {
	for y := range rows {
		out = append(out, 0)
		for x := range length {
			out = append(out, byte(x*3+y*5))
		}
	}
	return out
}

func pngOf(head, rows []byte) []byte {
	return append(append(bytes.Clone(head), chunk("IDAT", deflate(rows))...), chunk("IEND", nil)...)
}

// adam7 are the passes of interlaced pictures: first column and row, distance of columns and rows.
var adam7 = [][4]int{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}}

// interlacedPNG returns an RGB picture in the seven passes of Adam7, without the last missing bytes of pixel data.
func interlacedPNG(w, h, missing int) []byte {
	var rows []byte
	for _, p := range adam7 {
		if columns := (w - p[0] + p[2] - 1) / p[2]; columns > 0 {
			rows = append(rows, pixelRows(columns*3, max(0, (h-p[1]+p[3]-1)/p[3]))...)
		}
	}
	return pngOf(header(uint32(w), uint32(h), 8, 2, 1), rows[:len(rows)-missing])
}

// splitPNG returns a PNG with its pixel data in many chunks, some of them empty.
func splitPNG(w, h int) []byte {
	out := header(uint32(w), uint32(h), 8, 2, 0)
	for _, b := range deflate(pixelRows(w*3, h)) {
		out = append(append(out, chunk("IDAT", []byte{b})...), chunk("IDAT", nil)...)
	}
	return append(out, chunk("IEND", nil)...)
}

func palettedPNG(w, h, colors int) []byte {
	var palette color.Palette
	for i := range colors {
		palette = append(palette, color.NRGBA{uint8(i), uint8(i * 3), uint8(i * 7), uint8(255 - i%2*100)})
	}
	m := image.NewPaletted(image.Rect(0, 0, w, h), palette)
	for i := range m.Pix {
		m.Pix[i] = uint8(i % colors)
	}
	return PNG(m)
}

func deepPNG(w, h int) []byte {
	m := image.NewNRGBA64(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = uint8(i * 11)
	}
	return PNG(m)
}

func greyPNG(w, h int) []byte {
	m := image.NewGray(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = uint8(i)
	}
	return PNG(m)
}

func deepGreyPNG(w, h int) []byte {
	m := image.NewGray16(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = uint8(i * 13)
	}
	return PNG(m)
}
