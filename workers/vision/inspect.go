package vision

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// format is a picture format that Decoder reads.
type format int

const (
	formatJPEG format = iota
	formatPNG
)

func (f format) String() string { return [...]string{"JPEG", "PNG"}[f] }

type imageInfo struct {
	format        format
	width, height int
}

var (
	errNoImage   = errors.New("neither JPEG nor PNG")
	errTruncated = errors.New("the picture is cut off")
	pngMagic     = []byte("\x89PNG\r\n\x1a\n")
)

// inspect reads size and format from the headers and checks that the end marker is there, without decoding anything:
// FFmpeg fills up what is missing, and must not be asked to make room for a bomb.
func inspect(data []byte) (imageInfo, error) {
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xd8, 0xff}):
		return inspectJPEG(data)
	case bytes.HasPrefix(data, pngMagic):
		return inspectPNG(data)
	}
	return imageInfo{}, errNoImage
}

// inspectJPEG walks the segments up to the first scan (ITU-T T.81, annex B).
func inspectJPEG(data []byte) (imageInfo, error) {
	info := imageInfo{format: formatJPEG}
	for at := 2; ; {
		if at+4 > len(data) {
			return info, errTruncated
		}
		if data[at] != 0xff {
			return info, errors.New("no marker where one must be")
		}
		marker := data[at+1]
		if marker == 0xff {
			at++
			continue
		}
		size := int(binary.BigEndian.Uint16(data[at+2:]))
		end := at + 2 + size
		if size < 2 || end > len(data) {
			return info, errTruncated
		}
		switch {
		case marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc:
			if size < 8 {
				return info, errTruncated
			}
			info.height = int(binary.BigEndian.Uint16(data[at+5:]))
			info.width = int(binary.BigEndian.Uint16(data[at+7:]))
		case marker == 0xda:
			if info.width == 0 || info.height == 0 {
				return info, errors.New("no size before the first scan")
			}
			if bytes.LastIndex(data[end:], []byte{0xff, 0xd9}) < 0 {
				return info, errTruncated
			}
			return info, nil
		case marker == 0xd9:
			return info, errTruncated
		}
		at = end
	}
}

// inspectPNG walks the chunks up to IEND (RFC 2083).
func inspectPNG(data []byte) (imageInfo, error) {
	info := imageInfo{format: formatPNG}
	for at := len(pngMagic); ; {
		if at+12 > len(data) {
			return info, errTruncated
		}
		size := int(binary.BigEndian.Uint32(data[at:]))
		kind := string(data[at+4 : at+8])
		if size > len(data)-at-12 {
			return info, errTruncated
		}
		switch {
		case at == len(pngMagic) && (kind != "IHDR" || size < 13):
			return info, errors.New("no header where it must be")
		case kind == "IHDR" && info.width > 0:
			return info, errors.New("a second header")
		case kind == "IHDR":
			w, h := binary.BigEndian.Uint32(data[at+8:]), binary.BigEndian.Uint32(data[at+12:])
			if w == 0 || h == 0 || w > 1<<16 || h > 1<<16 {
				return info, errors.New("size out of range")
			}
			info.width, info.height = int(w), int(h)
		case kind == "IEND":
			return info, nil
		}
		at += 12 + size
	}
}
