package imagefile

import (
	"bytes"
	"encoding/binary"
)

// Orientation says how the stored picture is turned into the one that viewers show: 1 to 8, as in the EXIF tag of that name
// (CIPA DC-008, 4.6.4). Phones store what the sensor saw and name the turn.
type Orientation int

// The orientations.
const (
	Upright     Orientation = 1
	Mirrored    Orientation = 2
	UpsideDown  Orientation = 3
	Flipped     Orientation = 4
	Transposed  Orientation = 5 // mirrored at the diagonal from the top left
	RightIsTop  Orientation = 6 // to be turned clockwise
	Transversed Orientation = 7 // mirrored at the other diagonal
	LeftIsTop   Orientation = 8 // to be turned anticlockwise
)

// Sideways reports whether the picture is shown with width and height exchanged.
func (o Orientation) Sideways() bool { return o >= Transposed }

// Stored returns where in a stored picture of width x height pixels a pixel of the shown picture is.
func (o Orientation) Stored(x, y, width, height int) (storedX, storedY int) {
	right, bottom := width-1, height-1
	switch o {
	case Mirrored:
		return right - x, y
	case UpsideDown:
		return right - x, bottom - y
	case Flipped:
		return x, bottom - y
	case Transposed:
		return y, x
	case RightIsTop:
		return y, bottom - x
	case Transversed:
		return right - y, bottom - x
	case LeftIsTop:
		return right - y, x
	}
	return x, y
}

// Shown returns the size of the picture as viewers show it.
func (info Info) Shown() (width, height int) {
	if info.Orientation.Sideways() {
		return info.Height, info.Width
	}
	return info.Width, info.Height
}

const (
	exifMarker     = "Exif\x00\x00"
	tagOrientation = 0x0112
	typeShort      = 3
	ifdEntry       = 12 // bytes
)

// setOrientation reads the orientation of the first EXIF block. What is damaged or unknown there leaves the picture upright, as
// viewers do: the block says nothing about the pixels themselves.
func (info *Info) setOrientation(tiff []byte) {
	if info.Orientation != 0 {
		return
	}
	info.Orientation = Upright
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(tiff, []byte("II*\x00")):
		order = binary.LittleEndian
	case bytes.HasPrefix(tiff, []byte("MM\x00*")):
		order = binary.BigEndian
	default:
		return
	}
	if len(tiff) < 8 {
		return
	}
	first := uint64(order.Uint32(tiff[4:]))
	if first+2 > uint64(len(tiff)) {
		return
	}
	entries := tiff[first+2:]
	for range order.Uint16(tiff[first:]) {
		if len(entries) < ifdEntry {
			return
		}
		if order.Uint16(entries) == tagOrientation {
			value := Orientation(order.Uint16(entries[8:]))
			if order.Uint16(entries[2:]) == typeShort && order.Uint32(entries[4:]) == 1 && value >= Upright && value <= LeftIsTop {
				info.Orientation = value
			}
			return
		}
		entries = entries[ifdEntry:]
	}
}
