package imagefiletest

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
	"slices"
)

// Small returns small files of every kind, good and bad, to damage.
func Small() (files [][]byte) {
	for _, s := range Samples() {
		if len(s.Data) < 1<<16 {
			files = append(files, s.Data)
		}
	}
	for _, inside := range []byte{0x02, 0xdb, 0xe1, 0xf0, 0xfe} {
		files = append(files, Hidden(inside, 0xc0, 300, 200, 8), Hidden(inside, 0xf7, 300, 200, 8))
	}
	return append(files, ScanBomb(200, 200, 40, true), ScanBomb(64, 64, 80, false), TableBomb(100), InflatingPNG("iCCP", 1<<20),
		BlockBomb(32, 32, 2000), PlainPNG(50, 40, 16, 6, true, 4))
}

// without returns a file without its last bytes.
func without(file []byte, n int) []byte { return bytes.Clone(file[:len(file)-n]) }

// spacedJPEG returns a JPEG with bytes before its frame header that belong to no segment.
func spacedJPEG(file []byte) []byte {
	return slices.Insert(bytes.Clone(file), bytes.Index(file, frameMarker), 0, 0x12, 0xff, 0, 0xda)
}

// patchChecksum returns a PNG in which the checksum of a chunk is wrong.
func patchChecksum(file []byte, kind string) []byte {
	out := bytes.Clone(file)
	for _, p := range parts(out) {
		if string(out[p[0]+4:p[0]+8]) == kind {
			out[p[1]-1]++
		}
	}
	return out
}

// Damage returns one of the files with one to three random changes, of bytes or of segments and chunks as a whole. The
// checksums of a PNG fit afterwards, mostly, so that not all end there.
func Damage(r *rand.Rand, files [][]byte) []byte {
	out := bytes.Clone(files[r.IntN(len(files))])
	for range 1 + r.IntN(3) {
		switch kind := r.IntN(12); {
		case len(out) < 16:
			return out
		case kind < 3:
			out[r.IntN(len(out))] = byte(r.Uint32())
		case kind < 4: // of the headers
			out[r.IntN(min(len(out), 200))] ^= 1 << r.IntN(8)
		case kind < 5:
			out = out[:1+r.IntN(len(out))]
		case kind < 6:
			from := r.IntN(len(out))
			out = slices.Delete(out, from, min(len(out), from+1+r.IntN(40)))
		default:
			out = graft(r, out, files[r.IntN(len(files))])
		}
	}
	if r.IntN(8) > 0 {
		mendChecksums(out)
	}
	return out
}

// graft copies a segment or chunk of one file into another, at the beginning of one of its own.
func graft(r *rand.Rand, into, from []byte) []byte {
	a, b := parts(into), parts(from)
	if len(a) == 0 || len(b) == 0 {
		return into
	}
	at, part := a[r.IntN(len(a))], b[r.IntN(len(b))]
	return slices.Insert(bytes.Clone(into), at[0], bytes.Clone(from[part[0]:part[1]])...)
}

// parts returns where the segments of a JPEG, or the chunks of a PNG, begin and end.
func parts(file []byte) (out [][2]int) {
	if bytes.HasPrefix(file, []byte("\x89PNG")) {
		for at := 8; at+12 <= len(file); {
			end := at + 12 + int(binary.BigEndian.Uint32(file[at:]))
			if end > len(file) {
				return out
			}
			out, at = append(out, [2]int{at, end}), end
		}
		return out
	}
	for at := 2; at+4 <= len(file); {
		end := at + 2
		if file[at] != 0xff {
			next := bytes.IndexByte(file[at:], 0xff) // the data of a scan
			if next < 0 {
				return out
			}
			at += next
			continue
		}
		if file[at+1] >= 0xc0 && file[at+1] != 0xd9 {
			end += int(binary.BigEndian.Uint16(file[at+2:]))
		}
		if end <= len(file) && end > at+2 {
			out = append(out, [2]int{at, end})
		}
		at = end
	}
	return out
}

// mendChecksums makes the checksums of a PNG fit.
func mendChecksums(file []byte) {
	if !bytes.HasPrefix(file, []byte("\x89PNG")) {
		return
	}
	for _, p := range parts(file) {
		binary.BigEndian.PutUint32(file[p[1]-4:], crc32.ChecksumIEEE(file[p[0]+4:p[1]-4]))
	}
}
