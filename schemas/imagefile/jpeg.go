package imagefile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"iter"
)

// Marker codes of ITU-T T.81, table B.1, and of T.87.
const (
	markerTEM   = 0x01
	markerSOF0  = 0xc0 // baseline
	markerSOF2  = 0xc2 // progressive; SOF1 is baseline with more tables
	markerDHT   = 0xc4
	markerJPG   = 0xc8
	markerDAC   = 0xcc
	markerSOF15 = 0xcf
	markerRST0  = 0xd0
	markerRST7  = 0xd7
	markerSOI   = 0xd8
	markerEOI   = 0xd9
	markerSOS   = 0xda
	markerSOF55 = 0xf7 // JPEG-LS
)

// Segments yields the marker segments of a JPEG before its first scan, each as its marker code and its content, which
// aliases data. It stops where the file is damaged, and yields nothing for other files.
func Segments(data []byte) iter.Seq2[byte, []byte] {
	return func(yield func(byte, []byte) bool) {
		if Detect(data) != JPEG {
			return
		}
		for rest := data[2:]; ; {
			marker, content, after, err := nextSegment(rest)
			if err != nil || marker == markerSOS || marker == markerEOI {
				return
			}
			if !isBare(marker) && !yield(marker, content) {
				return
			}
			rest = after
		}
	}
}

// jpegFrame holds the contents of a frame header, and the components for which pixel data was seen.
type jpegFrame struct {
	progressive bool
	components  []byte // content of the header from the first component on, 3 bytes each
	scanned     [4]bool
}

// inspectJPEG walks the segments and scans of ITU-T T.81 to the end of image.
func inspectJPEG(data []byte, maxPixels int, info *Info) error {
	var frame jpegFrame
	for rest := data[2:]; ; {
		marker, content, after, err := nextSegment(rest)
		if err != nil {
			return err
		}
		rest = after
		switch {
		case marker == markerEOI:
			info.Size = len(data) - len(rest)
			return frame.checkComplete()
		case marker == markerSOI:
			return errors.New("a second start of image")
		case isFrameHeader(marker):
			if err := frame.readHeader(marker, content, maxPixels, info); err != nil {
				return err
			}
		case marker == markerSOS:
			if err := frame.readScan(content); err != nil {
				return err
			}
			info.Scans++
			rest = skipScan(rest)
		}
	}
}

// nextSegment reads a marker and, for those that have one, the segment after it.
func nextSegment(b []byte) (marker byte, content, rest []byte, err error) {
	if len(b) == 0 {
		return 0, nil, nil, ErrTruncated
	}
	if b[0] != 0xff {
		return 0, nil, nil, errors.New("bytes where a marker must be")
	}
	for len(b) > 0 && b[0] == 0xff { // any number of fill bytes
		b = b[1:]
	}
	if len(b) == 0 {
		return 0, nil, nil, ErrTruncated
	}
	if marker, b = b[0], b[1:]; marker == 0 {
		return 0, nil, nil, errors.New("bytes where a marker must be")
	}
	if isBare(marker) || marker == markerSOI || marker == markerEOI {
		return marker, nil, b, nil
	}
	if len(b) < 2 {
		return 0, nil, nil, ErrTruncated
	}
	n := int(binary.BigEndian.Uint16(b))
	if n < 2 {
		return 0, nil, nil, errors.New("a segment has no valid length")
	}
	if n > len(b) {
		return 0, nil, nil, ErrTruncated
	}
	return marker, b[2:n], b[n:], nil
}

// isBare reports whether a marker outside scans has neither content nor meaning.
func isBare(marker byte) bool {
	return marker == markerTEM || markerRST0 <= marker && marker <= markerRST7
}

func isFrameHeader(marker byte) bool {
	return markerSOF0 <= marker && marker <= markerSOF15 && marker != markerDHT && marker != markerJPG && marker != markerDAC ||
		marker == markerSOF55
}

func (f *jpegFrame) readHeader(marker byte, content []byte, maxPixels int, info *Info) error {
	if f.components != nil {
		return errors.New("two frame headers")
	}
	if marker > markerSOF2 {
		return errors.New("neither baseline nor progressive")
	}
	if len(content) < 6 {
		return ErrTruncated
	}
	if content[0] != 8 {
		return errors.New("samples must have 8 bits")
	}
	n := int(content[5])
	if n != 1 && n != 3 && n != 4 {
		return errors.New("the picture must have 1, 3 or 4 components")
	}
	if len(content) != 6+3*n {
		return errors.New("the frame header has a wrong length")
	}
	f.components, f.progressive = content[6:], marker == markerSOF2
	info.Components, info.Progressive = n, f.progressive
	return info.setSize(uint32(binary.BigEndian.Uint16(content[3:])), uint32(binary.BigEndian.Uint16(content[1:])), maxPixels)
}

// readScan notes which components a scan has the data of.
func (f *jpegFrame) readScan(content []byte) error {
	if f.components == nil {
		return errors.New("pixel data before the frame header")
	}
	if len(content) == 0 || len(content) != 4+2*int(content[0]) {
		return errors.New("a scan header has a wrong length")
	}
	selectors, spectralStart := content[1:len(content)-3], content[len(content)-3]
	for ; len(selectors) > 0; selectors = selectors[2:] {
		at := f.indexOf(selectors[0])
		if at < 0 {
			return errors.New("a scan of a component that the frame header does not name")
		}
		if !f.progressive || spectralStart == 0 { // other scans refine
			f.scanned[at] = true
		}
	}
	return nil
}

func (f *jpegFrame) indexOf(component byte) int {
	for i := 0; i < len(f.components); i += 3 {
		if f.components[i] == component {
			return i / 3
		}
	}
	return -1
}

// checkComplete refuses a file without the data of some component: decoders would fill its plane with old memory.
func (f *jpegFrame) checkComplete() error {
	if f.components == nil {
		return errors.New("no frame header")
	}
	for i := range len(f.components) / 3 {
		if !f.scanned[i] {
			return ErrTruncated
		}
	}
	return nil
}

// skipScan skips entropy-coded bytes up to the next real marker: stuffed zeros and restart markers belong to the scan.
func skipScan(b []byte) []byte {
	for {
		i := bytes.IndexByte(b, 0xff)
		if i < 0 || i+1 >= len(b) {
			return nil
		}
		if next := b[i+1]; next == 0 || markerRST0 <= next && next <= markerRST7 {
			b = b[i+2:]
			continue
		}
		return b[i:]
	}
}
