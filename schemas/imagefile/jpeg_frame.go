package imagefile

import (
	"encoding/binary"
	"errors"
)

// jpegFrame is a frame header, and what was seen of its components.
type jpegFrame struct {
	progressive bool
	width       int
	height      int
	widest      int // sampling factor
	highest     int
	units       int // of the scan that was read last
	components  []jpegComponent
	memory      [4]jpegComponent
}

type jpegComponent struct {
	id byte
	// sampling holds the horizontal and the vertical factor.
	sampling byte
	blocks   int  // of 8 x 8 samples
	scanned  bool // some of its pixel data was seen
	// missing has, for each of the 64 coefficients, how many of its bits no scan has had; 1 before the first scan.
	missing [64]byte
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
	f.progressive = marker == markerSOF2
	info.Components, info.Progressive = n, f.progressive
	err := info.setSize(uint32(binary.BigEndian.Uint16(content[3:])), uint32(binary.BigEndian.Uint16(content[1:])), maxPixels)
	if err != nil {
		return err
	}
	return f.readComponents(content[6:], info.Width, info.Height)
}

const (
	// maxSampling is the largest sampling factor.
	maxSampling = 4
	// maxUnit is the number of blocks in a unit of a scan of several components (ITU-T T.81, B.2.3), by which libjpeg abides.
	maxUnit = 10
)

// readComponents reads the identifier, the sampling factors and the quantization table of each component.
func (f *jpegFrame) readComponents(content []byte, width, height int) error {
	highest, widest := 1, 1
	for i := 0; i < len(content); i += 3 {
		h, v := int(content[i+1]>>4), int(content[i+1]&15)
		if h == 0 || v == 0 || h > maxSampling || v > maxSampling || content[i+2] > 3 {
			return errors.New("a component has no valid sampling or quantization table")
		}
		widest, highest = max(widest, h), max(highest, v)
	}
	f.width, f.height, f.widest, f.highest = width, height, widest, highest
	units := ceil(width, 8*widest) * ceil(height, 8*highest)
	for i := 0; i < len(content); i += 3 {
		if f.find(content[i]) != nil {
			return errors.New("two components have one name")
		}
		c := jpegComponent{id: content[i], sampling: content[i+1], blocks: units * int(content[i+1]>>4) * int(content[i+1]&15)}
		for k := range c.missing {
			c.missing[k] = 1
		}
		f.memory[i/3] = c
		f.components = f.memory[:i/3+1]
	}
	return nil
}

func ceil(a, b int) int { return (a + b - 1) / b }

// readScan notes which components a scan has the data of, and returns how many blocks it visits.
func (f *jpegFrame) readScan(content []byte) (blocks int, err error) {
	if f.components == nil {
		return 0, errors.New("pixel data before the frame header")
	}
	if len(content) == 0 || len(content) != 4+2*int(content[0]) || content[0] == 0 || int(content[0]) > len(f.components) {
		return 0, errors.New("a scan header has a wrong length")
	}
	selectors, spectralStart := content[1:len(content)-3], content[len(content)-3]
	unit := 0
	for ; len(selectors) > 0; selectors = selectors[2:] {
		c := f.find(selectors[0])
		if c == nil {
			return 0, errors.New("a scan of a component that the frame header does not name")
		}
		if c.scanned && !f.progressive {
			return 0, errors.New("two scans of one component")
		}
		if !f.progressive || spectralStart == 0 { // other scans refine
			c.scanned = true
		}
		c.note(content[len(content)-3:], f.progressive)
		blocks += c.blocks
		unit += int(c.sampling>>4) * int(c.sampling&15)
	}
	if content[0] > 1 && unit > maxUnit {
		return 0, errors.New("a scan with too many blocks in a unit")
	}
	f.units = ceil(f.width, 8*f.widest) * ceil(f.height, 8*f.highest)
	if content[0] == 1 { // its blocks are units, as far as the picture goes
		c := f.find(content[1])
		f.units = ceil(ceil(f.width*int(c.sampling>>4), f.widest), 8) * ceil(ceil(f.height*int(c.sampling&15), f.highest), 8)
	}
	return blocks, nil
}

// note keeps which bits of the coefficients a scan has. scan holds the first and the last coefficient, and how many bits were
// missing before and after the scan.
func (c *jpegComponent) note(scan []byte, progressive bool) {
	first, last, left := int(scan[0]), int(scan[1]), scan[2]&15
	if !progressive {
		first, last, left = 0, 63, 0
	}
	for i := first; i <= last && i < len(c.missing); i++ {
		c.missing[i] = left
	}
}

func (f *jpegFrame) find(id byte) *jpegComponent {
	for i := range f.components {
		if f.components[i].id == id {
			return &f.components[i]
		}
	}
	return nil
}

// checkComplete refuses a file without the data of some component: decoders would fill its plane with old memory.
func (f *jpegFrame) checkComplete() error {
	if f.components == nil {
		return errors.New("no frame header")
	}
	for _, c := range f.components {
		if !c.scanned {
			return ErrTruncated
		}
	}
	return nil
}

// checkWhole is checkComplete for a file without an end, which might have had further scans.
func (f *jpegFrame) checkWhole() error {
	if err := f.checkComplete(); err != nil {
		return err
	}
	for _, c := range f.components {
		if c.missing != [64]byte{} {
			return ErrTruncated
		}
	}
	return nil
}
