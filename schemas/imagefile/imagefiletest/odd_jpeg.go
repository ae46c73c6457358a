package imagefiletest

import (
	"bytes"
	"encoding/binary"
	"image/color"
)

// oddJPEG is a JPEG of four plain quarters. Its zero value is baseline, YCbCr, 4:4:4, without JFIF or Adobe segments.
type oddJPEG struct {
	sof           byte   // marker of the frame; 0 = baseline
	start, middle []byte // segments before and after the frame header
	ids           string // names of the components; 1, 2, … by default
	sampling      []byte // of the components; 0x11 by default
	values        func(color.NRGBA) []byte
	planar        bool // a scan for each component
	restart       int  // interval in units; 0 = none
	fill          int  // fill bytes before each restart marker
	noInterval    bool // the interval is not stated
	firstRestart  int  // number of the first restart marker
	lose          int  // the number of this restart marker, from 1 on, that is left out
}

func ycbcrValues(c color.NRGBA) []byte {
	y, cb, cr := color.RGBToYCbCr(c.R, c.G, c.B)
	return []byte{y, cb, cr}
}

func rgbValues(c color.NRGBA) []byte { return []byte{c.R, c.G, c.B} }

func greyValues(c color.NRGBA) []byte { return []byte{c.G} }

func greyAlphaValues(c color.NRGBA) []byte { return []byte{c.G, 255} }

// cmykValues and ycckValues are inverted, as Adobe's programs write them.
func cmykValues(c color.NRGBA) []byte { return []byte{c.R, c.G, c.B, 255} }

func ycckValues(c color.NRGBA) []byte {
	return append(ycbcrValues(color.NRGBA{255 - c.R, 255 - c.G, 255 - c.B, 255}), 255)
}

func (j oddJPEG) file() []byte {
	if j.values == nil {
		j.values = ycbcrValues
	}
	n := len(j.values(quarters[0]))
	if j.sof == 0 {
		j.sof = frameMarker[1]
	}
	for i := len(j.ids); i < n; i++ {
		j.ids += string(rune(i + 1))
	}
	for len(j.sampling) < n {
		j.sampling = append(j.sampling, 0x11)
	}
	out := append([]byte{0xff, 0xd8}, j.start...)
	out = append(out, segment(0xdb, append([]byte{0}, bytes.Repeat([]byte{8}, 64)...))...)
	sof := []byte{8, 0, OdditySide, 0, OdditySide, byte(n)}
	for i := range n {
		sof = append(sof, j.ids[i], j.sampling[i], 0)
	}
	out = append(append(out, segment(j.sof, sof)...), j.middle...)
	// Differences have up to 11 bits, and codes of four; there is nothing but the end of each block.
	out = append(out, segment(0xc4, []byte{0, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11})...)
	out = append(out, segment(0xc4, append([]byte{0x10, 1}, make([]byte, 16)...))...)
	if j.restart > 0 && !j.noInterval {
		out = append(out, segment(0xdd, binary.BigEndian.AppendUint16(nil, uint16(j.restart)))...)
	}
	if !j.planar {
		all := make([]int, n)
		for i := range all {
			all[i] = i
		}
		return append(j.scan(out, all...), 0xff, 0xd9)
	}
	for i := range n {
		out = j.scan(out, i)
	}
	return append(out, 0xff, 0xd9)
}

// scan appends a scan of some components.
func (j oddJPEG) scan(out []byte, components ...int) []byte {
	head := []byte{byte(len(components))}
	for _, i := range components {
		head = append(head, j.ids[i], 0)
	}
	out = append(out, segment(0xda, append(head, 0, 63, 0))...)
	widest, highest := 1, 1
	for _, s := range j.sampling {
		widest, highest = max(widest, int(s>>4)), max(highest, int(s&15))
	}
	type grid struct{ w, h, perX, perY int } // blocks of a unit, and pixels that each covers
	grids := map[int]grid{}
	for _, i := range components {
		h, v := int(j.sampling[i]>>4), int(j.sampling[i]&15)
		grids[i] = grid{h, v, 8 * widest / h, 8 * highest / v}
		if len(components) == 1 { // not interleaved: a block is a unit
			grids[i] = grid{1, 1, 8 * widest / h, 8 * highest / v}
		}
	}
	first := grids[components[0]]
	columns, rows := OdditySide/(first.w*first.perX), OdditySide/(first.h*first.perY)
	data, before, marker := &bits{}, map[int]int{}, j.firstRestart
	for unit := range columns * rows {
		if j.restart > 0 && unit > 0 && unit%j.restart == 0 {
			out, data, before = append(out, data.entropy()...), &bits{}, map[int]int{}
			if n := unit / j.restart; n != j.lose {
				out = append(append(out, bytes.Repeat([]byte{0xff}, j.fill)...), 0xff, 0xd0+byte(marker%8))
			}
			marker++
		}
		for _, i := range components {
			g := grids[i]
			for block := range g.w * g.h {
				x := (unit%columns*g.w + block%g.w) * g.perX
				y := (unit/columns*g.h + block/g.w) * g.perY
				value := int(j.values(quarters[y/(OdditySide/2)*2+x/(OdditySide/2)])[i]) - 128
				data.difference(value - before[i])
				before[i] = value
			}
		}
	}
	return append(out, data.entropy()...)
}

// difference writes a block that differs from the one before by so much, and has nothing else.
func (b *bits) difference(d int) {
	size := 0
	for max(d, -d)>>size > 0 {
		size++
	}
	b.put(size, 4)
	if d < 0 {
		d += 1<<size - 1
	}
	b.put(d, size)
	b.put(0, 1)
}
