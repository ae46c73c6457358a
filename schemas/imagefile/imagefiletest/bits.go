package imagefiletest

// bits collects bits: of a JPEG from the highest of each byte on, of a deflate stream from the lowest.
type bits struct {
	out      []byte
	n        int // bits in the last byte
	lowFirst bool
}

// put appends the lowest n bits of value: the highest of them first, or the lowest.
func (b *bits) put(value, n int) {
	for i := range n {
		at := n - 1 - i
		if b.lowFirst {
			at = i
		}
		if b.n%8 == 0 {
			b.out = append(b.out, 0)
			b.n = 0
		}
		bit := byte(value >> at & 1)
		if b.lowFirst {
			b.out[len(b.out)-1] |= bit << b.n
		} else {
			b.out[len(b.out)-1] |= bit << (7 - b.n)
		}
		b.n++
	}
}

// entropy returns the bits as the data of a scan: filled with ones, with a zero after each 0xff.
func (b *bits) entropy() (out []byte) {
	for b.n%8 != 0 {
		b.put(1, 1)
	}
	for _, c := range b.out {
		if out = append(out, c); c == 0xff {
			out = append(out, 0)
		}
	}
	return out
}
