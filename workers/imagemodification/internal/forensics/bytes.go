package forensics

import (
	"bytes"

	"github.com/selene-liveness/selene/schemas/imagefile"
)

// editors lists the names that image editors write into files.
var editors = []string{
	"Photoshop",
	"GIMP",
	"Lightroom",
	"Affinity Photo",
	"Paint.NET",
	"Pixelmator",
	"FaceApp",
	"Facetune",
	"Meitu",
	"BeautyPlus",
	"Snapseed",
	"PicsArt",
	"Canva",
	"Midjourney",
	"Stable Diffusion",
	"Krita",
}

// Editor returns the name of the program that states in the metadata of a JPEG (EXIF, XMP, Photoshop and text blocks) that
// it edited the picture, and "" when none does.
func Editor(image []byte) string {
	for marker, content := range imagefile.Segments(image) {
		if marker < 0xE1 || marker > 0xEF && marker != 0xFE {
			continue
		}
		for _, name := range editors {
			if bytes.Contains(content, []byte(name)) {
				return name
			}
		}
	}
	return ""
}
