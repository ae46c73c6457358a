package imagefile

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// AppendStripped appends to dst the picture of a file that [Inspect] has accepted, without anything that its pixels do not
// follow from: of a JPEG every APPn, COM and DNL segment but JFIF and one for Adobe, which name the colours, fill bytes, and bytes
// between segments, of a PNG every chunk but IHDR, PLTE, tRNS, IDAT and IEND. An end that is missing is added. Decoders get this form,
// so that profiles, texts and thumbnails cost nothing, and nothing that Inspect skipped is read by them. The file as it came remains
// the evidence.
func AppendStripped(dst, data []byte) []byte {
	switch Detect(data) {
	case JPEG:
		return appendJPEG(dst, data)
	case PNG:
		return appendPNG(dst, data)
	}
	return dst
}

func appendJPEG(dst, data []byte) []byte {
	dst = appendColours(append(dst, formats[JPEG].magic[:2]...), data)
	for rest := data[2:]; ; {
		marker, content, after, err := nextSegment(rest)
		if err != nil || marker == markerEOI {
			return append(dst, 0xff, markerEOI)
		}
		rest = after
		switch {
		case isBare(marker):
			continue
		case isMetadata(marker):
			if content = kept(marker, content); content == nil {
				continue
			}
		}
		dst = append(dst, 0xff, marker)
		dst = binary.BigEndian.AppendUint16(dst, uint16(len(content)+2)) //nolint:gosec // a segment read from a length of 16 bits
		dst = append(dst, content...)
		if marker == markerSOS {
			next := skipScan(rest)
			dst = appendScan(dst, rest[:len(rest)-len(next)])
			rest = next
		}
	}
}

// appendScan appends the data of a scan without fill bytes, which some decoders take for data.
func appendScan(dst, scan []byte) []byte {
	for {
		i := bytes.Index(scan, []byte{0xff, 0xff})
		if i < 0 {
			break
		}
		dst, scan = append(dst, scan[:i]...), scan[i+1:]
	}
	return append(dst, bytes.TrimSuffix(scan, []byte{0xff})...)
}

func appendPNG(dst, data []byte) []byte {
	dst = append(dst, formats[PNG].magic...)
	for rest := data[len(formats[PNG].magic):]; ; {
		kind, _, after, err := nextChunk(rest)
		if errors.Is(err, ErrTruncated) || string(kind) == "IEND" {
			return append(dst, endChunk...)
		}
		switch string(kind) {
		case "tRNS":
			if err == nil { // otherwise it is as if it were not there
				dst = append(dst, rest[:len(rest)-len(after)]...)
			}
		case "IHDR", "PLTE", "IDAT":
			dst = append(dst, rest[:len(rest)-len(after)]...)
		}
		rest = after
	}
}
