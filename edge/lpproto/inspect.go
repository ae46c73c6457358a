package lpproto

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

// Inspect looks at an image without decoding its pixels: does it begin as its media
// type says, how large is it in pixels, is all of it there. It costs one pass over the
// bytes and no allocation. Bytes after the end of the image are ignored. The error is
// an *Error: CodeBadImage, or CodeContentType for a media type other than ContentJPEG
// and ContentPNG. The pixel limit is the caller's to apply.
func Inspect(image []byte, mediaType string) (width, height int, err error) {
	switch mediaType {
	case ContentJPEG:
		return inspectJPEG(image)
	case ContentPNG:
		return inspectPNG(image)
	}
	return 0, 0, newError(CodeContentType, "media type is %.40q", mediaType)
}

func badImage(detail string) *Error { return &Error{Code: CodeBadImage, Detail: detail} }

// inspectJPEG walks the marker segments and scans of ITU-T T.81 to the end of image.
func inspectJPEG(b []byte) (width, height int, err error) {
	if !bytes.HasPrefix(b, []byte{0xff, 0xd8, 0xff}) {
		return 0, 0, badImage("does not begin as a JPEG")
	}
	scans := 0
	for b = b[2:]; ; {
		var marker byte
		if marker, b, err = nextMarker(b); err != nil {
			return 0, 0, err
		}
		switch {
		case marker == 0xd9:
			if scans == 0 {
				return 0, 0, badImage("JPEG has no image data")
			}
			return width, height, nil
		case marker == 0x01 || 0xd0 <= marker && marker <= 0xd7: // no length follows
			continue
		case marker == 0xd8:
			return 0, 0, badImage("JPEG begins twice")
		}
		if len(b) < 2 {
			return 0, 0, badImage("JPEG is truncated")
		}
		n := int(binary.BigEndian.Uint16(b))
		if n < 2 || n > len(b) {
			return 0, 0, badImage("JPEG segment is truncated")
		}
		segment := b[2:n]
		b = b[n:]
		switch {
		case 0xc0 <= marker && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
			if width != 0 {
				return 0, 0, badImage("JPEG has two frame headers")
			}
			if marker > 0xc2 {
				return 0, 0, badImage("JPEG is neither baseline nor progressive")
			}
			if width, height, err = frameHeader(segment); err != nil {
				return 0, 0, err
			}
		case marker == 0xda:
			if width == 0 {
				return 0, 0, badImage("JPEG data comes before its size")
			}
			scans++
			b = skipScan(b)
		}
	}
}

// nextMarker reads FF.. xx at the start of b.
func nextMarker(b []byte) (marker byte, rest []byte, err error) {
	if len(b) == 0 {
		return 0, nil, badImage("JPEG is truncated")
	}
	if b[0] != 0xff {
		return 0, nil, badImage("JPEG has bytes where a marker must be")
	}
	for len(b) > 0 && b[0] == 0xff { // any number of fill bytes
		b = b[1:]
	}
	if len(b) == 0 {
		return 0, nil, badImage("JPEG is truncated")
	}
	if b[0] == 0 {
		return 0, nil, badImage("JPEG has bytes where a marker must be")
	}
	return b[0], b[1:], nil
}

func frameHeader(segment []byte) (width, height int, err error) {
	if len(segment) < 6 {
		return 0, 0, badImage("JPEG frame header is truncated")
	}
	height = int(binary.BigEndian.Uint16(segment[1:]))
	width = int(binary.BigEndian.Uint16(segment[3:]))
	if width == 0 || height == 0 {
		return 0, 0, badImage("JPEG has no size")
	}
	return width, height, nil
}

// skipScan skips entropy-coded bytes up to the next real marker: stuffed zeros and
// restart markers belong to the scan.
func skipScan(b []byte) []byte {
	for {
		i := bytes.IndexByte(b, 0xff)
		if i < 0 || i+1 >= len(b) {
			return nil
		}
		if next := b[i+1]; next == 0 || 0xd0 <= next && next <= 0xd7 {
			b = b[i+2:]
			continue
		}
		return b[i:]
	}
}

const pngMagic = "\x89PNG\r\n\x1a\n"

// inspectPNG walks the chunks to IEND and checks their checksums.
func inspectPNG(b []byte) (width, height int, err error) {
	if !bytes.HasPrefix(b, []byte(pngMagic)) {
		return 0, 0, badImage("does not begin as a PNG")
	}
	data := false
	for b = b[len(pngMagic):]; ; {
		if len(b) < 12 {
			return 0, 0, badImage("PNG is truncated")
		}
		n := binary.BigEndian.Uint32(b)
		if uint64(n) > uint64(len(b)-12) {
			return 0, 0, badImage("PNG chunk is truncated")
		}
		chunk := b[4 : 8+n] // type and data
		if crc32.ChecksumIEEE(chunk) != binary.BigEndian.Uint32(b[8+n:]) {
			return 0, 0, badImage("PNG chunk has a wrong checksum")
		}
		b = b[12+n:]
		kind := string(chunk[:4])
		if width == 0 && kind != "IHDR" {
			return 0, 0, badImage("PNG does not begin with its header")
		}
		switch kind {
		case "IHDR":
			if width != 0 {
				return 0, 0, badImage("PNG has two headers")
			}
			if width, height, err = pngHeader(chunk[4:]); err != nil {
				return 0, 0, err
			}
		case "IDAT":
			data = true
		case "IEND":
			if !data {
				return 0, 0, badImage("PNG has no image data")
			}
			return width, height, nil
		}
	}
}

func pngHeader(ihdr []byte) (width, height int, err error) {
	if len(ihdr) != 13 {
		return 0, 0, badImage("PNG header has a wrong length")
	}
	w, h := binary.BigEndian.Uint32(ihdr), binary.BigEndian.Uint32(ihdr[4:])
	if w == 0 || h == 0 || w > 1<<31-1 || h > 1<<31-1 {
		return 0, 0, badImage("PNG has no valid size")
	}
	return int(w), int(h), nil
}
