package imagefiletest

import (
	"bytes"
	"fmt"
	"image/color"
	"slices"
)

func pngOddities() (out []Oddity) {
	rgb := oddPNG{depth: 8, colorType: 2}
	for _, kind := range []struct {
		colorType byte
		name      string
		depths    []byte
	}{
		{0, "grey", []byte{1, 2, 4, 8, 16}},
		{2, "RGB", []byte{8, 16}},
		{3, "palette", []byte{2, 4, 8}}, // four colours do not fit one bit
		{4, "grey and alpha", []byte{8, 16}},
		{6, "RGB and alpha", []byte{8, 16}},
	} {
		for _, depth := range kind.depths {
			for _, interlaced := range []bool{false, true} {
				p := oddPNG{depth: depth, colorType: kind.colorType, interlaced: interlaced}
				out = append(out, Oddity{
					fmt.Sprintf("PNG, %s of %d bits, interlaced: %t", kind.name, depth, interlaced), p.file(), p.shown(),
				})
			}
		}
	}
	shown := func(name string, data []byte, colors ...color.NRGBA) Oddity {
		if colors == nil {
			colors = quarters
		}
		return Oddity{name, data, colors}
	}
	refused := func(name string, data []byte) Oddity { return Oddity{Name: name, Data: data} }
	plain := rgb.file()
	white := color.NRGBA{255, 255, 255, 255}
	faint := []color.NRGBA{{200, 60, 40, 0}, {50, 170, 90, 128}, quarters[2], quarters[3]}
	onWhite := []color.NRGBA{white, {152, 212, 172, 255}, quarters[2], quarters[3]}
	frame := append([]byte{0, 0, 0, 0, 0, 0, 0, OdditySide, 0, 0, 0, OdditySide}, make([]byte, 8)...)
	control := chunk("fcTL", append(frame, 0, 1, 0, 10, 0, 0))
	clearFirst := oddPNG{depth: 8, colorType: 3, more: chunk("tRNS", []byte{0})}.file()
	gamma := append(chunk("gAMA", []byte{0, 0, 0xb1, 0x8f}), chunk("cHRM", make([]byte, 32))...)
	return append(out,
		shown("PNG, transparent parts", oddPNG{depth: 8, colorType: 6, colors: faint}.file(), onWhite...),
		shown("PNG, transparent parts of 16 bits", oddPNG{depth: 16, colorType: 6, colors: faint}.file(), onWhite...),
		shown("PNG, grey with transparent parts", oddPNG{depth: 8, colorType: 4, colors: faint}.file(),
			white, color.NRGBA{212, 212, 212, 255}, color.NRGBA{70, 70, 70, 255}, color.NRGBA{220, 220, 220, 255}),
		shown("PNG, tRNS of a palette", oddPNG{depth: 8, colorType: 3, more: chunk("tRNS", []byte{0, 128})}.file(), onWhite...),
		shown("PNG, tRNS of RGB", oddPNG{depth: 8, colorType: 2, more: chunk("tRNS", []byte{0, 200, 0, 60, 0, 40})}.file(),
			append([]color.NRGBA{white}, quarters[1:]...)...),
		shown("PNG, tRNS of grey", oddPNG{depth: 8, colorType: 0, more: chunk("tRNS", []byte{0, quarters[0].G})}.file(),
			append([]color.NRGBA{white}, greys()[1:]...)...),
		shown("PNG, tRNS with a wrong checksum", patchChecksum(clearFirst, "tRNS")),
		refused("PNG, tRNS of a wrong length", oddPNG{depth: 8, colorType: 2, more: chunk("tRNS", []byte{0})}.file()),

		shown("PNG, iCCP", insertChunk(plain, chunk("iCCP", append([]byte("profile\x00\x00"), deflate(make([]byte, 500))...)))),
		shown("PNG, iCCP that is none", insertChunk(plain, chunk("iCCP", []byte("not compressed")))),
		shown("PNG, gAMA and cHRM", insertChunk(plain, gamma)),
		shown("PNG, a wrong checksum of metadata", patchChecksum(insertChunk(plain, chunk("tEXt", []byte("Title\x00me"))), "tEXt")),
		refused("PNG, a wrong checksum of its pixels", patchChecksum(plain, "IDAT")),
		refused("PNG, a wrong checksum of its header", patchChecksum(plain, "IHDR")),
		refused("PNG, a wrong checksum of its palette", patchChecksum(oddPNG{depth: 8, colorType: 3}.file(), "PLTE")),
		refused("PNG, an index beyond the palette's end", oddPNG{depth: 8, colorType: 3, colors: quarters, palette: 3}.file()),
		refused("APNG", oddPNG{depth: 8, colorType: 2, more: append(chunk("acTL", []byte{0, 0, 0, 2, 0, 0, 0, 0}), control...)}.file()),
		refused("CgBI, as Xcode writes it", slices.Insert(bytes.Clone(plain), 8, chunk("CgBI", []byte{0x50, 0, 0x20, 6})...)),
		refused("MNG", append([]byte("\x8aMNG\r\n\x1a\n"), plain[8:]...)),
	)
}

// oddPNG is a PNG of four plain quarters.
type oddPNG struct {
	depth, colorType byte
	interlaced       bool
	colors           []color.NRGBA // of the quarters
	palette          int           // number of colours in the palette; 0 = all
	more             []byte        // chunks before the pixels
}

// samples returns the values of a pixel of a quarter, before they are packed.
func (p oddPNG) samples(quarter int) []int {
	c := p.colors[quarter]
	high := 1<<p.depth - 1
	scale := func(v uint8) int { return (int(v)*high + 127) / 255 }
	switch p.colorType {
	case 0:
		return []int{scale(c.G)}
	case 2:
		return []int{scale(c.R), scale(c.G), scale(c.B)}
	case 3:
		return []int{quarter}
	case 4:
		return []int{scale(c.G), scale(c.A)}
	}
	return []int{scale(c.R), scale(c.G), scale(c.B), scale(c.A)}
}

// shown returns the colours of the quarters as far as the depth has them.
func (p oddPNG) shown() (out []color.NRGBA) {
	p.colors = quarters
	high := 1<<p.depth - 1
	for i, c := range quarters {
		if p.colorType == 0 || p.colorType == 4 {
			v := uint8(p.samples(i)[0] * 255 / high)
			c = color.NRGBA{v, v, v, 255}
		}
		out = append(out, c)
	}
	return out
}

func (p oddPNG) file() []byte {
	if p.colors == nil {
		p.colors = quarters
	}
	interlace := byte(0)
	passes := [][4]int{{0, 0, 1, 1}}
	if p.interlaced {
		interlace, passes = 1, adam7
	}
	var rows []byte
	for _, pass := range passes {
		for y := pass[1]; y < OdditySide; y += pass[3] {
			row := &bits{}
			for x := pass[0]; x < OdditySide; x += pass[2] {
				for _, v := range p.samples(y/(OdditySide/2)*2 + x/(OdditySide/2)) {
					row.put(v, int(p.depth))
				}
			}
			rows = append(append(rows, 0), row.out...)
		}
	}
	head := header(OdditySide, OdditySide, p.depth, p.colorType, interlace)
	if p.colorType == 3 {
		var palette []byte
		for _, c := range p.colors {
			palette = append(palette, c.R, c.G, c.B)
		}
		if p.palette > 0 {
			palette = palette[:3*p.palette]
		}
		head = append(head, chunk("PLTE", palette)...)
	}
	return pngOf(append(head, p.more...), rows)
}
