package lpproto

import (
	"strings"
	"testing"
)

func TestImage(t *testing.T) {
	for name, c := range map[string]struct {
		contentType, body string
		binary            bool
		want, mediaType   string
	}{
		"base64":           {ContentJPEGBase64, "QUJDRA==", false, "ABCD", ContentJPEG},
		"binary base64":    {ContentPNGBase64, "QUJDRA==", true, "ABCD", ContentPNG},
		"no padding":       {ContentJPEGBase64, "QUJDRA", false, "ABCD", ContentJPEG},
		"whitespace":       {ContentJPEGBase64, " QU\r\nJD\tR A==\n", false, "ABCD", ContentJPEG},
		"data URL":         {ContentJPEGBase64, "data:image/jpeg;base64,QUJDRA==", false, "ABCD", ContentJPEG},
		"data URL, spaces": {ContentJPEGBase64, "\nDATA:;BASE64, QUJDRA", false, "ABCD", ContentJPEG},
		"type in capitals": {"Image/X-PNG-Base64 ; q=1", "QUJDRA", false, "ABCD", ContentPNG},
		"raw jpeg":         {ContentJPEG, "\xff\xd8 \n", true, "\xff\xd8 \n", ContentJPEG},
		"raw png":          {ContentPNG, "\x89PNG", true, "\x89PNG", ContentPNG},
	} {
		t.Run(name, func(t *testing.T) {
			got, mediaType, err := NewFrame(c.contentType, []byte(c.body)).Image(c.binary)
			if err != nil || string(got) != c.want || mediaType != c.mediaType {
				t.Errorf("got %q, %q, %v", got, mediaType, err)
			}
		})
	}
	for name, c := range map[string]struct {
		contentType, body string
		binary            bool
		code              int
	}{
		"raw in text":       {ContentJPEG, "\xff\xd8", false, CodeContentType},
		"raw png in text":   {ContentPNG, "\x89PNG", false, CodeContentType},
		"other type":        {"image/bmp", "BM", true, CodeContentType},
		"no type":           {"", "QUJD", true, CodeContentType},
		"empty raw":         {ContentJPEG, "", true, CodeBadImage},
		"empty base64":      {ContentJPEGBase64, " \n", false, CodeBadImage},
		"bad alphabet":      {ContentJPEGBase64, "QU-_", false, CodeBadImage},
		"odd length":        {ContentJPEGBase64, "QUJDR", false, CodeBadImage},
		"padding inside":    {ContentJPEGBase64, "QQ==QQ==", false, CodeBadImage},
		"much padding":      {ContentJPEGBase64, "QQ===", false, CodeBadImage},
		"data, not base64":  {ContentJPEGBase64, "data:image/jpeg,QUJD", false, CodeBadImage},
		"data, no comma":    {ContentJPEGBase64, "data:image/jpeg;base64", false, CodeBadImage},
		"data, long prefix": {ContentJPEGBase64, "data:" + strings.Repeat("x", 200) + ";base64,QUJD", false, CodeBadImage},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := NewFrame(c.contentType, []byte(c.body)).Image(c.binary)
			wantCode(t, err, c.code)
		})
	}
	_, _, err := NewHeartbeat().Image(true)
	wantCode(t, err, CodeMalformed)
}
