package lpproto

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// Content types. The raw image types are allowed in binary messages only.
const (
	ContentJPEGBase64 = "image/x-jpeg-base64"
	ContentPNGBase64  = "image/x-png-base64"
	ContentJPEG       = "image/jpeg"
	ContentPNG        = "image/png"
	ContentJSON       = "application/json"
	ContentJWT        = "application/jwt"
)

// Image returns the image of a FRAME: its bytes, raw, and its media type, ContentJPEG
// or ContentPNG, as declared (Inspect checks whether it is true). binary reports
// whether the message came as a binary WebSocket message. Raw bytes alias the body.
// The error is an *Error: CodeContentType for a type that is not supported here,
// CodeBadImage for a body that is empty or not base64, CodeMalformed for another command.
func (m Message) Image(binary bool) (image []byte, mediaType string, err error) {
	if m.Command != Frame {
		return nil, "", malformed("%s is not FRAME", m.Command)
	}
	declared, _, _ := strings.Cut(m.Header(HeaderContentType), ";")
	declared = strings.ToLower(strings.TrimSpace(declared))
	image = m.Body
	switch declared {
	case ContentJPEGBase64, ContentPNGBase64:
		mediaType = ContentJPEG
		if declared == ContentPNGBase64 {
			mediaType = ContentPNG
		}
		if image, err = decodeBase64(m.Body); err != nil {
			return nil, "", err
		}
	case ContentJPEG, ContentPNG:
		if !binary {
			return nil, "", newError(CodeContentType, "%s is allowed in a binary message only", declared)
		}
		mediaType = declared
	default:
		return nil, "", newError(CodeContentType, "content-type %.40q is not supported", declared)
	}
	if len(image) == 0 {
		return nil, "", newError(CodeBadImage, "the body is empty")
	}
	return image, mediaType, nil
}

// maxDataPrefix bounds `data:image/jpeg;base64,` and its like.
const maxDataPrefix = 100

// decodeBase64 reads the standard alphabet with or without padding, whitespace
// anywhere, and a leading `data:...;base64,`.
func decodeBase64(body []byte) ([]byte, error) {
	text := bytes.TrimSpace(body)
	if len(text) >= 5 && bytes.EqualFold(text[:5], []byte("data:")) {
		comma := bytes.IndexByte(text[:min(len(text), maxDataPrefix)], ',')
		if comma < 0 || !bytes.HasSuffix(bytes.ToLower(text[:comma]), []byte(";base64")) {
			return nil, newError(CodeBadImage, "the data URL has no ;base64, part")
		}
		text = text[comma+1:]
	}
	if bytes.ContainsAny(text, " \t\v\f\r\n") {
		text = bytes.Join(bytes.Fields(text), nil)
	}
	padding := len(text)
	text = bytes.TrimRight(text, "=")
	if padding -= len(text); padding > 2 {
		return nil, newError(CodeBadImage, "base64 has %d padding characters", padding)
	}
	image := make([]byte, base64.RawStdEncoding.DecodedLen(len(text)))
	n, err := base64.RawStdEncoding.Decode(image, text)
	if err != nil {
		return nil, newError(CodeBadImage, "%v", err)
	}
	return image[:n], nil
}

// EncodeBase64 returns the body of a FRAME with one of the base64 content types.
func EncodeBase64(image []byte) []byte {
	return base64.StdEncoding.AppendEncode(make([]byte, 0, base64.StdEncoding.EncodedLen(len(image))), image)
}
