package forensics

import (
	"bytes"
	"encoding/binary"
)

// editors are names that programs which edit pictures write into them.
var editors = []string{"Photoshop", "GIMP", "Lightroom", "Affinity Photo", "Paint.NET", "Pixelmator", "FaceApp", "Facetune", "Meitu", "BeautyPlus", "Snapseed", "PicsArt", "Canva", "Midjourney", "Stable Diffusion", "Krita"}

// Editor is the name of the program that says in the picture's metadata (EXIF, XMP, Photoshop and text blocks) that it
// edited it, "" when none does.
func Editor(image []byte) string {
	found := ""
	segments(image, func(marker byte, body []byte) bool {
		if marker < 0xE1 || marker > 0xEF && marker != 0xFE {
			return true
		}
		for _, name := range editors {
			if bytes.Contains(body, []byte(name)) {
				found = name
				return false
			}
		}
		return true
	})
	return found
}

// segments calls do with each segment of a JPEG before its pixels, until it returns false or there is no more.
func segments(image []byte, do func(marker byte, body []byte) bool) {
	if len(image) < 4 || image[0] != 0xFF || image[1] != 0xD8 {
		return
	}
	for rest := image[2:]; len(rest) >= 4 && rest[0] == 0xFF; {
		if rest[1] == 0xFF { // fill bytes
			rest = rest[1:]
			continue
		}
		marker, length := rest[1], int(binary.BigEndian.Uint16(rest[2:]))
		if marker == 0xDA || length < 2 || len(rest) < 2+length {
			return
		}
		if !do(marker, rest[4:2+length]) {
			return
		}
		rest = rest[2+length:]
	}
}
