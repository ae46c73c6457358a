package imagefile

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// AppendStripped appends to dst the picture of a file that [Inspect] has accepted, without anything that its pixels do not
// follow from: of a JPEG every APPn and COM segment but JFIF and Adobe, which name the colours, and bytes between segments, of a
// PNG every chunk but IHDR, PLTE, IDAT and IEND. An end that is missing is added. Decoders get this form, so that profiles, texts
// and thumbnails cost nothing, and nothing that Inspect skipped is read by them. The file as it came remains the evidence.
func AppendStripped(dst, data []byte) []byte {
	switch Detect(data) {
	case JPEG:
		return appendJPEG(dst, data)
	case PNG:
		return appendPNG(dst, data)
	}
	return dst
}

// The segments that name the colours of a JPEG, as far as they are kept: without a thumbnail.
const (
	jfif        = "JFIF\x00"
	jfifLength  = 14
	adobe       = "Adobe"
	adobeLength = 12
)

func appendJPEG(dst, data []byte) []byte {
	dst = append(dst, formats[JPEG].magic[:2]...)
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
			if content = colours(marker, content); content == nil {
				continue
			}
		}
		dst = append(dst, 0xff, marker)
		dst = binary.BigEndian.AppendUint16(dst, uint16(len(content)+2)) //nolint:gosec // a segment read from a length of 16 bits
		dst = append(dst, content...)
		if marker == markerSOS {
			next := skipScan(rest)
			dst = append(dst, rest[:len(rest)-len(next)]...)
			if next == nil && dst[len(dst)-1] == 0xff { // half of the end
				dst = dst[:len(dst)-1]
			}
			rest = next
		}
	}
}

// colours returns the part of a metadata segment that decoding needs, or nil.
func colours(marker byte, content []byte) []byte {
	switch {
	case marker == markerAPP0 && len(content) >= jfifLength && bytes.HasPrefix(content, []byte(jfif)):
		content = bytes.Clone(content[:jfifLength])
		content[12], content[13] = 0, 0 // size of the thumbnail
		return content
	case marker == markerAPP14 && len(content) >= adobeLength && bytes.HasPrefix(content, []byte(adobe)):
		return content[:adobeLength]
	}
	return nil
}

func appendPNG(dst, data []byte) []byte {
	dst = append(dst, formats[PNG].magic...)
	for rest := data[len(formats[PNG].magic):]; ; {
		kind, _, after, err := nextChunk(rest)
		if errors.Is(err, ErrTruncated) || string(kind) == "IEND" {
			return append(dst, endChunk...)
		}
		switch string(kind) {
		case "IHDR", "PLTE", "IDAT":
			dst = append(dst, rest[:len(rest)-len(after)]...)
		}
		rest = after
	}
}
