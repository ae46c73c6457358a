package imagefile

import (
	"bytes"
	"encoding/binary"
	"errors"
)

// The segments that name the colours of a JPEG.
const (
	jfif        = "JFIF\x00"
	jfifLength  = 14
	adobe       = "Adobe"
	adobeLength = 12
)

// Transforms of an Adobe segment: how values become RGB or CMYK.
const (
	transformNone  = 0
	transformYCbCr = 1
	transformYCCK  = 2
)

// jpegColours is what the segments before the first scan say about the colours.
type jpegColours struct {
	jfif, adobe bool
	transform   byte // of Adobe; the last segment counts
}

func (c *jpegColours) note(marker byte, content []byte) {
	switch {
	case marker == markerAPP0 && len(content) >= jfifLength && bytes.HasPrefix(content, []byte(jfif)):
		c.jfif = true
	case marker == markerAPP14 && len(content) >= adobeLength && bytes.HasPrefix(content, []byte(adobe)):
		c.adobe, c.transform = true, content[adobeLength-1]
	}
}

// resolve returns the transform that libjpeg and browsers apply to so many components, whose names may be those of RGB.
func (c jpegColours) resolve(components int, named bool) byte {
	switch {
	case components == 4 && c.transform != transformNone:
		return transformYCCK
	case components == 4, components == 3 && !c.jfif && (c.adobe && c.transform == transformNone || !c.adobe && named):
		return transformNone
	}
	return transformYCbCr
}

// check refuses colours that viewers show in different ways.
func (c jpegColours) check(f *jpegFrame) error {
	names, plain := "", true
	for _, component := range f.components {
		names += string(rune(component.id))
		plain = plain && component.sampling == f.components[0].sampling
	}
	named := names == "RGB"
	rgb := c.resolve(len(f.components), named) == transformNone
	switch {
	case len(f.components) == 4 && !c.adobe:
		return errors.New("four components, and no Adobe segment that says which colours they are")
	case len(f.components) == 3 && named && !rgb:
		return errors.New("components that are named like red, green and blue, and a segment that says that they are not")
	case len(f.components) == 3 && rgb && !plain:
		return errors.New("red, green and blue of different resolutions")
	}
	return nil
}

// appendColours appends one Adobe segment in the place of those that a JPEG has: readers do not agree on which one counts.
func appendColours(dst, data []byte) []byte {
	var c jpegColours
	components, named := 0, false
	for marker, content := range Segments(data) {
		c.note(marker, content)
		if isFrameHeader(marker) && len(content) > 5 {
			components = int(content[5])
			named = len(content) >= 15 && content[6] == 'R' && content[9] == 'G' && content[12] == 'B'
		}
	}
	if !c.adobe || components < 3 {
		return dst
	}
	dst = append(dst, 0xff, markerAPP14)
	dst = binary.BigEndian.AppendUint16(dst, adobeLength+2)
	dst = append(append(dst, adobe...), 0, 100, 0, 0, 0, 0)
	return append(dst, c.resolve(components, named))
}

// kept returns the part of a metadata segment that decoding needs, or nil: JFIF without its thumbnail.
func kept(marker byte, content []byte) []byte {
	if marker != markerAPP0 || len(content) < jfifLength || !bytes.HasPrefix(content, []byte(jfif)) {
		return nil
	}
	content = bytes.Clone(content[:jfifLength])
	content[12], content[13] = 0, 0
	return content
}
