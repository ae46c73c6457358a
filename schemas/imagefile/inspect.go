// Package imagefile reads the headers of JPEG and PNG files. It is the only place that parses them, so that every part
// of the product agrees whether some bytes are a picture and how large it is.
//
// Nothing here decodes pixels. All functions are safe for concurrent use.
package imagefile

import (
	"errors"
	"fmt"
)

// maxSide is the largest width and height, which is also the limit of JPEG.
const maxSide = 1<<16 - 1

var (
	// ErrUnknownFormat marks bytes that begin neither as a JPEG nor as a PNG.
	ErrUnknownFormat = errors.New("neither JPEG nor PNG")
	// ErrTruncated marks a file that ends, or ends its pixel data, before its picture is complete.
	ErrTruncated = errors.New("the picture is truncated")
	// ErrTooLarge marks a picture with more pixels than allowed.
	ErrTooLarge = errors.New("the picture has too many pixels")
)

// Info describes a picture.
type Info struct {
	Format        Format
	Width, Height int // pixels as stored, 1..65535; Shown returns them as shown
	Orientation   Orientation
	Components    int  // values stored for each pixel: 1 (grey or palette), 2 (PNG only), 3 or 4
	Progressive   bool // a progressive JPEG or an interlaced PNG
	Scans         int  // scans of a JPEG, passes of a PNG; at least 1
	Size          int  // bytes of the file up to the end of the picture; any that follow do not count
	Unended       bool // the mark that ends the file is missing
}

// Inspect walks the structure of a file and checks that all of it is there, in one pass and without allocating. It does
// not look into compressed data: of a PNG, and of a file without an end, rows may still be missing, which [Verify] and every
// decoder notice. Faults that every viewer passes over are none: bytes between the segments of a JPEG, a wrong checksum of a chunk
// that is not needed, a missing end.
//
// A picture that is accepted has at most the smaller of maxPixels and [MaxPixels] pixels, one size whatever reads it, and
// costs no more to decode than a large photograph, also if somebody made it to cost as much as possible.
//
// Any error means that no part of the product takes the file as a picture. The Info that comes with it is not complete.
func Inspect(data []byte, maxPixels int) (Info, error) {
	_, info, err := inspect(data, maxPixels)
	if err != nil && info.Format != 0 {
		err = fmt.Errorf("%s: %w", info.Format, err)
	}
	return info, err
}

// Verify is Inspect and checks as well that the compressed data of a PNG holds every row. That takes time in proportion
// to the number of pixels, about a third of what decoding takes, and memory for two rows. If somebody made the data to take
// long, it is left to the decoder, as is the entropy-coded data of a JPEG, so that a JPEG without an end may be half a picture.
func Verify(data []byte, maxPixels int) (Info, error) {
	p, info, err := inspect(data, maxPixels)
	if err == nil && info.Format == PNG {
		err = p.checkRows()
	}
	if err != nil && info.Format != 0 {
		err = fmt.Errorf("%s: %w", info.Format, err)
	}
	return info, err
}

func inspect(data []byte, maxPixels int) (p pngFile, info Info, err error) {
	switch info.Format = Detect(data); info.Format {
	case JPEG:
		err = inspectJPEG(data, maxPixels, &info)
	case PNG:
		p, err = inspectPNG(data, maxPixels, &info)
	default:
		return p, info, ErrUnknownFormat
	}
	info.Orientation = max(info.Orientation, Upright)
	return p, info, err
}

// setSize checks and stores the size.
func (info *Info) setSize(width, height uint32, maxPixels int) error {
	maxPixels = min(maxPixels, MaxPixels)
	if width == 0 || height == 0 {
		return errors.New("the picture has no size")
	}
	if width > maxSide || height > maxSide || int(width)*int(height) > maxPixels {
		return fmt.Errorf("%w: %d x %d; at most %d pixels and %d a side are allowed", ErrTooLarge, width, height, maxPixels, maxSide)
	}
	info.Width, info.Height = int(width), int(height)
	return nil
}
