package lpproto

import "github.com/selene-liveness/selene/schemas/imagefile"

// Inspect returns the size of an image of a media type, in pixels. The error is an *Error.
func Inspect(image []byte, mediaType string) (width, height int, err error) {
	format := imagefile.OfMediaType(mediaType)
	if format == 0 {
		return 0, 0, newError(CodeContentType, "media type is %.40q", mediaType)
	}
	info, err := imagefile.Inspect(image, imagefile.MaxPixels)
	if err != nil {
		return 0, 0, newError(CodeBadImage, "%v", err)
	}
	if info.Format != format {
		return 0, 0, newError(CodeBadImage, "the image is a %s", info.Format)
	}
	return info.Width, info.Height, nil
}
