package imagefiletest

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/adler32"
	"image"
)

// PlainPNG returns a black PNG of a depth and colour type of the standard, interlaced or not, in which every row has a filter.
func PlainPNG(w, h int, depth, colorType byte, interlaced bool, filter byte) []byte {
	values := map[byte]int{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colorType]
	passes, interlace := [][4]int{{0, 0, 1, 1}}, byte(0)
	if interlaced {
		passes, interlace = adam7, 1
	}
	head := header(uint32(w), uint32(h), depth, colorType, interlace)
	if colorType == 3 {
		head = append(head, chunk("PLTE", make([]byte, 3<<depth))...)
	}
	var data bytes.Buffer
	z := zlib.NewWriter(&data)
	for _, p := range passes {
		columns, rows := max(0, (w-p[0]+p[2]-1)/p[2]), max(0, (h-p[1]+p[3]-1)/p[3])
		if columns == 0 {
			continue
		}
		row := make([]byte, 1+(columns*values*int(depth)+7)/8)
		row[0] = filter
		for range rows {
			_, _ = z.Write(row)
		}
	}
	_ = z.Close()
	return append(append(head, chunk("IDAT", data.Bytes())...), chunk("IEND", nil)...)
}

// InflatingPNG returns a small PNG with a compressed profile ("iCCP") or text ("zTXt") that inflates to so many bytes.
func InflatingPNG(kind string, size int) []byte {
	photo := PNG(image.NewGray(image.Rect(0, 0, 16, 16)))
	var data bytes.Buffer
	data.WriteString("name\x00\x00")
	z, _ := zlib.NewWriterLevel(&data, zlib.BestSpeed)
	for block := make([]byte, 1<<20); size > 0; size -= len(block) {
		_, _ = z.Write(block)
	}
	_ = z.Close()
	return insertChunk(photo, chunk(kind, data.Bytes()))
}

// insertChunk puts a chunk after the header.
func insertChunk(file, chunk []byte) []byte {
	const header = 8 + 12 + 13
	return append(append(bytes.Clone(file[:header]), chunk...), file[header:]...)
}

// BlockBomb returns a black RGB PNG whose pixels are followed by so many bytes of blocks that are empty, each with its own
// tables of codes.
func BlockBomb(w, h, size int) []byte {
	rows := make([]byte, h*(1+3*w))
	var data bytes.Buffer
	z := zlib.NewWriter(&data)
	_, _ = z.Write(rows)
	_ = z.Flush()
	blocks := &bits{lowFirst: true}
	for len(blocks.out) < size {
		blocks.emptyBlock()
	}
	blocks.put(0b011, 3) // the last block, of fixed codes
	blocks.put(0, 7)
	stream := append(data.Bytes(), blocks.out...)
	stream = binary.BigEndian.AppendUint32(stream, adler32.Checksum(rows))
	head := header(uint32(w), uint32(h), 8, 2, 0)
	return append(append(head, chunk("IDAT", stream)...), chunk("IEND", nil)...)
}

// emptyBlock appends a block of RFC 1951, 3.2.7, with nothing but its end.
func (b *bits) emptyBlock() {
	b.put(0, 1)    // not the last
	b.put(0b10, 2) // dynamic codes
	b.put(0, 5)    // 257 literals and lengths
	b.put(0, 5)    // one distance
	b.put(14, 4)   // 18 lengths of codes, in their order: those of the symbols 18 and 1 are 1
	for i := range 18 {
		length := 0
		if i == 2 || i == 17 {
			length = 1
		}
		b.put(length, 3)
	}
	const one, many = 0, 1 // the codes of the symbols 1 and 18
	b.put(many, 1)
	b.put(138-11, 7)
	b.put(many, 1)
	b.put(118-11, 7)
	b.put(one, 1) // the end of the block
	b.put(one, 1) // the distance
	b.put(0, 1)   // the end
}
