package imagefile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// Colour types of a PNG header.
const (
	grey      = 0
	trueColor = 2
	palette   = 3
	greyAlpha = 4
	trueAlpha = 6
)

// pngComponents is the number of values that each pixel has, by colour type.
var pngComponents = map[byte]int{grey: 1, trueColor: 3, palette: 1, greyAlpha: 2, trueAlpha: 4}

// pngDepths lists the bits of a value that the standard allows, by colour type.
var pngDepths = map[byte][]byte{
	grey: {1, 2, 4, 8, 16}, trueColor: {8, 16}, palette: {1, 2, 4, 8}, greyAlpha: {8, 16}, trueAlpha: {8, 16},
}

// The order that chunks must have.
const (
	atStart = iota
	afterHeader
	afterPalette
	afterTransparency
	afterData
	afterPixels // another chunk followed
)

// pngFile is a PNG whose structure is being checked.
type pngFile struct {
	width, height int
	colorType     byte
	depth         int
	interlaced    bool

	stage     int
	dataBytes int // of all IDAT chunks
	// data holds the first IDAT chunk and what follows it in the file.
	data []byte
}

// inspectPNG walks the chunks to IEND and checks their checksums and their order.
func inspectPNG(data []byte, maxPixels int, info *Info) (p pngFile, err error) {
	for rest := data[len(formats[PNG].magic):]; ; {
		kind, content, after, err := nextChunk(rest)
		if errors.Is(err, ErrTruncated) && p.stage >= afterData {
			info.Size, info.Unended = len(data), true
			return p, nil
		}
		if errors.Is(err, errChecksum) && kind[0]&ancillary != 0 { // as if it were not there
			rest = after
			continue
		}
		if err != nil && string(kind) != "IEND" {
			return p, err
		}
		if p.stage == atStart && string(kind) == "CgBI" {
			return p, errors.New("a PNG for iOS (CgBI), which browsers do not read")
		}
		if p.stage == atStart && string(kind) != "IHDR" {
			return p, errors.New("the header is not the first chunk")
		}
		switch string(kind) {
		case "IHDR":
			err = p.readHeader(content, maxPixels, info)
		case "PLTE":
			err = p.readPalette(content)
		case "tRNS":
			err = p.readTransparency(content)
		case "IDAT":
			if p.colorType == palette && p.stage < afterPalette {
				return p, errors.New("no palette before the pixel data")
			}
			if p.stage == afterPixels {
				return p, errors.New("the pixel data is in two places")
			}
			if p.stage < afterData {
				p.stage, p.data = afterData, rest
			}
			// Packed pixels are never larger than pixels: the rest would be blocks without any, which take their time.
			if p.dataBytes += len(content); p.dataBytes > p.rowBytes()*65/64+maxOverhead {
				return p, fmt.Errorf("%w: more compressed data than pixels", ErrTooCostly)
			}
		case "IEND":
			if p.stage < afterData {
				return p, errors.New("no pixel data")
			}
			if len(content) > 0 {
				return p, errors.New("the end chunk has a wrong length")
			}
			info.Size = len(data) - len(after)
			return p, nil
		default:
			if string(kind) == "eXIf" {
				info.setOrientation(content)
			}
			if string(kind) == "acTL" && p.stage < afterData {
				return p, errors.New("an animation (APNG), of which some viewers show other pictures")
			}
			if kind[0]&ancillary == 0 {
				return p, errors.New("a chunk of an unknown kind, without which the picture cannot be read")
			}
			if p.stage == afterData {
				p.stage = afterPixels
			}
		}
		if err != nil {
			return p, err
		}
		rest = after
	}
}

// ancillary is the bit in the first letter of a chunk's type that says that the picture can be read without it.
const ancillary = 0x20

// endChunk is the chunk IEND.
const endChunk = "\x00\x00\x00\x00IEND\xae\x42\x60\x82"

var errChecksum = errors.New("a chunk has a wrong checksum")

// nextChunk splits off a chunk: length, type, content, checksum of type and content. It does so, too, when the checksum is wrong.
func nextChunk(b []byte) (kind, content, rest []byte, err error) {
	const frame = 12
	if len(b) < frame {
		return nil, nil, nil, ErrTruncated
	}
	n := binary.BigEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-frame) { //nolint:gosec // b is at least frame long
		return nil, nil, nil, ErrTruncated
	}
	if crc32.ChecksumIEEE(b[4:8+n]) != binary.BigEndian.Uint32(b[8+n:]) {
		err = errChecksum
	}
	return b[4:8], b[8 : 8+n], b[frame+n:], err
}

var errChunkOrder = errors.New("the chunks are out of order")

func (p *pngFile) readHeader(content []byte, maxPixels int, info *Info) error {
	if p.stage != atStart {
		return errors.New("two headers")
	}
	if len(content) != 13 {
		return errors.New("the header has a wrong length")
	}
	depth, colorType, interlace := content[8], content[9], content[12]
	if !bytes.Contains(pngDepths[colorType], []byte{depth}) {
		return errors.New("the header names an unknown kind of pixels")
	}
	if content[10] != 0 || content[11] != 0 || interlace > 1 {
		return errors.New("the header names an unknown method of compression, filtering or interlacing")
	}
	p.stage, p.colorType, p.depth, p.interlaced = afterHeader, colorType, int(depth), interlace == 1
	info.Components, info.Progressive, info.Scans = pngComponents[colorType], p.interlaced, len(p.passes())
	err := info.setSize(binary.BigEndian.Uint32(content), binary.BigEndian.Uint32(content[4:]), maxPixels)
	p.width, p.height = info.Width, info.Height
	if err == nil && p.rowBytes() > maxRowBytes {
		err = fmt.Errorf("%w: %d bytes of pixels; at most %d are allowed", ErrTooCostly, p.rowBytes(), maxRowBytes)
	}
	return err
}

func (p *pngFile) readPalette(content []byte) error {
	if p.stage != afterHeader {
		return errChunkOrder
	}
	p.stage = afterPalette
	if p.colorType == grey || p.colorType == greyAlpha {
		return errors.New("a palette in a grey picture")
	}
	if n := len(content); n == 0 || n%3 != 0 || n/3 > min(256, 1<<p.depth) {
		return errors.New("the palette has a wrong length")
	}
	return nil
}

func (p *pngFile) readTransparency(content []byte) error {
	if p.stage > afterPalette || p.colorType == palette && p.stage != afterPalette {
		return errChunkOrder
	}
	p.stage = afterTransparency
	n := len(content)
	switch {
	case p.colorType == grey && n == 2, p.colorType == trueColor && n == 6, p.colorType == palette && n <= 256:
		return nil
	}
	return errors.New("the transparency chunk does not fit the picture")
}
