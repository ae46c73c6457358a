package imagefile

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
)

// Format is an image file format. The zero value means any format other than JPEG and PNG.
type Format uint8

// The formats of frames.
const (
	JPEG Format = iota + 1
	PNG
)

var formats = [...]struct {
	name, mediaType, magic string
	extensions             []string // the first is the one that files get
}{
	JPEG: {"JPEG", "image/jpeg", "\xff\xd8\xff", []string{".jpg", ".jpeg"}},
	PNG:  {"PNG", "image/png", "\x89PNG\r\n\x1a\n", []string{".png"}},
}

// MagicLength is the number of leading bytes that Detect needs.
const MagicLength = 8

// Detect returns the format that data begins as, or 0.
func Detect(data []byte) Format {
	for f := JPEG; f <= PNG; f++ {
		if bytes.HasPrefix(data, []byte(formats[f].magic)) {
			return f
		}
	}
	return 0
}

// OfMediaType returns the format of a media type such as "image/jpeg", or 0.
func OfMediaType(mediaType string) Format {
	for f := JPEG; f <= PNG; f++ {
		if formats[f].mediaType == mediaType {
			return f
		}
	}
	return 0
}

// OfName returns the format of a file name's extension, in upper or lower case, or 0.
func OfName(name string) Format {
	extension := strings.ToLower(filepath.Ext(name))
	for f := JPEG; f <= PNG; f++ {
		if slices.Contains(formats[f].extensions, extension) {
			return f
		}
	}
	return 0
}

// String returns "JPEG" or "PNG", and "" for the zero value.
func (f Format) String() string { return formats[f].name }

// MediaType returns "image/jpeg" or "image/png", and "" for the zero value.
func (f Format) MediaType() string { return formats[f].mediaType }

// Extension returns ".jpg" or ".png", and "" for the zero value.
func (f Format) Extension() string {
	if f == 0 {
		return ""
	}
	return formats[f].extensions[0]
}
