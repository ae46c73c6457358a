package imagefiletest

import (
	"bytes"
	"encoding/binary"
)

// The Huffman symbols of the AC scans: the end of all blocks of a run of 16384 to 32767 blocks, sixteen zeros, and fourteen
// zeros before a value of one bit.
const (
	endOfMany = 0xe0
	zeros     = 0xf0
	lastValue = 0xe1
	longRun   = 1<<15 - 1
)

// ScanBomb returns a progressive JPEG of one grey component whose picture is complete after two scans, followed by scans that
// refine one coefficient of every block: each takes a decoder the time of all blocks, and a few bytes of the file, or as many
// bits as there are blocks if dense is set.
func ScanBomb(w, h, scans int, dense bool) []byte {
	blocks := (w + 7) / 8 * ((h + 7) / 8)
	out := []byte{0xff, 0xd8, 0xff, 0xdb, 0, 67, 0}
	out = append(out, bytes.Repeat([]byte{1}, 64)...)
	out = append(out, 0xff, 0xc2, 0, 11, 8)
	out = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(out, uint16(h)), uint16(w))
	out = append(out, 1, 1, 0x11, 0)
	out = append(out, huffman(0x00, 0)...)
	out = append(out, huffman(0x10, zeros, lastValue, endOfMany)...)
	out = append(out, scan(0, 0, 0, make([]byte, (blocks+7)/8))...)
	first := &bits{}
	for range blocks {
		if dense {
			first.put(0b000_10_1, 6) // three times sixteen zeros, fourteen, and a value of 1 at the last place
		}
	}
	if !dense {
		first.endOfAll(blocks)
	}
	out = append(out, scan(1, 63, 0x01, first.entropy())...)
	again := &bits{}
	for rest := blocks; rest > 0; rest -= longRun {
		again.endOfAll(min(rest, longRun))
		if dense {
			again.put(0, min(rest, longRun))
		}
	}
	refinement := scan(1, 63, 0x10, again.entropy())
	out = append(out, bytes.Repeat(refinement, max(0, scans-2))...)
	return append(out, 0xff, 0xd9)
}

// endOfAll ends so many blocks, in runs. The last may go on beyond the picture: the codes of shorter runs are not in the table.
func (b *bits) endOfAll(blocks int) {
	for ; blocks > 0; blocks -= longRun {
		b.put(0b110, 3)
		b.put(max(0, min(blocks, longRun)-1<<14), 14)
	}
}

// huffman returns a segment with one table, in which the symbols have codes of 1, 2, 3 ... bits.
func huffman(destination byte, symbols ...byte) []byte {
	counts := make([]byte, 16)
	for i := range symbols {
		counts[i] = 1
	}
	return segment(0xc4, append(append([]byte{destination}, counts...), symbols...))
}

// scan returns a scan of the first component: its band of coefficients, its bits and its data.
func scan(first, last, bits byte, data []byte) []byte {
	return append(segment(0xda, []byte{1, 1, 0, first, last, bits}), data...)
}

func segment(marker byte, content []byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(content)+2)), content...)
}

// TableBomb returns a JPEG with so many Huffman tables, which cost a decoder far more than their bytes.
func TableBomb(tables int) []byte {
	photo := JPEG(Picture(16, 16))
	table := append([]byte{0x00, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 0)
	out := bytes.Clone(photo[:2])
	for ; tables > 0; tables -= 3000 {
		out = append(out, segment(0xc4, bytes.Repeat(table, min(tables, 3000)))...)
	}
	return append(out, photo[2:]...)
}

// Hidden returns a JPEG of 16 x 16 pixels with a second frame header of another kind, size and number of bits where a reader
// that goes by the lengths of segments does not look, but one that searches for markers finds it: inside the kind of
// segment.
func Hidden(inside, kind byte, w, h int, depth byte) []byte {
	size := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16([]byte{depth}, uint16(h)), uint16(w))
	header := segment(kind, append(size, 1, 1, 0x11, 0))
	if inside == 0xdb { // as the rest of a table that is too short
		header = append([]byte{0}, header...)
	}
	return insert(JPEG(Picture(16, 16)), inside, header)
}
