package imagefile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
)

// Marker codes of ITU-T T.81, table B.1, and of T.87.
const (
	markerTEM   = 0x01
	markerSOF0  = 0xc0 // baseline
	markerSOF2  = 0xc2 // progressive; SOF1 is baseline with more tables
	markerDHT   = 0xc4
	markerJPG   = 0xc8
	markerDAC   = 0xcc // arithmetic coding
	markerSOF15 = 0xcf
	markerRST0  = 0xd0
	markerRST7  = 0xd7
	markerSOI   = 0xd8
	markerEOI   = 0xd9
	markerSOS   = 0xda
	markerDQT   = 0xdb
	markerDNL   = 0xdc // the height, for readers that do not know it yet
	markerDRI   = 0xdd
	markerAPP0  = 0xe0
	markerAPP1  = 0xe1
	markerAPP14 = 0xee
	markerAPP15 = 0xef
	markerSOF55 = 0xf7 // JPEG-LS
	markerCOM   = 0xfe
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

// jpegFile is a JPEG whose structure is being checked.
type jpegFile struct {
	frame    jpegFrame
	colours  jpegColours
	interval int // of restart markers, 0 = none
	segments int
	huffman  int // Huffman tables
	visits   int // blocks of all scans together
}

// inspectJPEG walks the segments and scans of ITU-T T.81 to the end of image. What it does not know it refuses: a decoder
// that skips a segment in another way would find another picture in the content of one.
func inspectJPEG(data []byte, maxPixels int, info *Info) error {
	var f jpegFile
	for rest := data[2:]; ; {
		marker, content, after, err := nextSegment(rest)
		if errors.Is(err, errNoMarker) && info.Scans > 0 {
			info.Size, info.Unended = len(data), true
			return f.frame.checkWhole()
		}
		if err != nil {
			return err
		}
		rest = after
		if marker == markerEOI {
			info.Size = len(data) - len(rest)
			return f.frame.checkComplete()
		}
		if f.segments++; f.segments > maxSegments {
			return fmt.Errorf("%w: more than %d segments", ErrTooCostly, maxSegments)
		}
		if err := f.readSegment(marker, content, maxPixels, info); err != nil {
			return err
		}
		if marker == markerSOS {
			scan := rest
			rest = skipScan(scan)
			if err := f.checkRestarts(scan[:len(scan)-len(rest)], rest == nil); err != nil {
				return err
			}
		}
	}
}

// checkRestarts refuses restart markers that are not in their order, or missing, unless the rest of the scan may be missing too: some
// readers go by their numbers, and others do not.
func (f *jpegFile) checkRestarts(scan []byte, unended bool) error {
	n := 0
	for {
		i := bytes.IndexByte(scan, 0xff)
		if i < 0 || i+1 >= len(scan) {
			break
		}
		scan = scan[i+1:]
		if marker := scan[0]; markerRST0 <= marker && marker <= markerRST7 {
			if f.interval == 0 || int(marker-markerRST0) != n%8 {
				return errors.New("restart markers where none are expected, or out of order")
			}
			n++
		}
	}
	// Some encoders write one after the last unit.
	if f.interval > 0 && (n > f.frame.units/f.interval || n < (f.frame.units-1)/f.interval && !unended) {
		return errors.New("not as many restart markers as the interval says")
	}
	return nil
}

func (f *jpegFile) readSegment(marker byte, content []byte, maxPixels int, info *Info) error {
	switch {
	case marker == markerSOI:
		return errors.New("a second start of image")
	case isFrameHeader(marker):
		return f.frame.readHeader(marker, content, maxPixels, info)
	case marker == markerSOS:
		return f.readScan(content, info)
	case marker == markerDQT:
		return checkQuantization(content)
	case marker == markerDHT:
		n, err := countHuffman(content)
		if f.huffman += n; err == nil && f.huffman > maxHuffman {
			return fmt.Errorf("%w: more than %d Huffman tables", ErrTooCostly, maxHuffman)
		}
		return err
	case marker == markerDRI:
		if len(content) != 2 {
			return errors.New("the restart interval has a wrong length")
		}
		f.interval = int(binary.BigEndian.Uint16(content))
	case marker == markerAPP1 && info.Scans == 0 && bytes.HasPrefix(content, []byte(exifMarker)):
		info.setOrientation(content[len(exifMarker):])
	case isMetadata(marker):
		if info.Scans == 0 {
			f.colours.note(marker, content)
		}
	case isBare(marker):
	default:
		return fmt.Errorf("a segment %#x, which pictures of cameras do not have", marker)
	}
	return nil
}

// readScan counts a scan and its cost.
func (f *jpegFile) readScan(content []byte, info *Info) error {
	blocks, err := f.frame.readScan(content)
	if err == nil && info.Scans == 0 {
		err = f.colours.check(&f.frame)
	}
	if err != nil {
		return err
	}
	f.visits += blocks
	if info.Scans++; info.Scans > maxScans || f.visits > maxVisits {
		return fmt.Errorf("%w: at most %d scans and %d blocks in all of them are allowed", ErrTooCostly, maxScans, maxVisits)
	}
	return nil
}

// errNoMarker is ErrTruncated where no further segment begins.
var errNoMarker = fmt.Errorf("%w: no end of image", ErrTruncated)

// nextSegment reads a marker and, for those that have one, the segment after it. Bytes before the marker are skipped, as libjpeg
// does.
func nextSegment(b []byte) (marker byte, content, rest []byte, err error) {
	for marker == 0 {
		i := bytes.IndexByte(b, 0xff)
		if i < 0 {
			return 0, nil, nil, errNoMarker
		}
		for b = b[i:]; len(b) > 0 && b[0] == 0xff; { // any number of fill bytes
			b = b[1:]
		}
		if len(b) == 0 {
			return 0, nil, nil, errNoMarker
		}
		marker, b = b[0], b[1:]
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

// isMetadata reports whether decoders need nothing of a segment, or only what [AppendStripped] keeps.
func isMetadata(marker byte) bool {
	return markerAPP0 <= marker && marker <= markerAPP15 || marker == markerCOM || marker == markerDNL
}

func isFrameHeader(marker byte) bool {
	return markerSOF0 <= marker && marker <= markerSOF15 && marker != markerDHT && marker != markerJPG && marker != markerDAC ||
		marker == markerSOF55
}

// skipScan skips entropy-coded bytes up to the next real marker: stuffed zeros and restart markers belong to the scan, and so do fill
// bytes before any marker.
func skipScan(b []byte) []byte {
	for {
		i := bytes.IndexByte(b, 0xff)
		if i < 0 || i+1 >= len(b) {
			return nil
		}
		if next := b[i+1]; next == 0 || markerRST0 <= next && next <= markerRST7 {
			b = b[i+2:]
			continue
		} else if next == 0xff {
			b = b[i+1:]
			continue
		}
		return b[i:]
	}
}
