package simulate

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"html/template"
	"image"
	"image/jpeg"
	"io"

	"golang.org/x/image/draw"
)

//go:embed report.html
var reportHTML string

var page = template.Must(template.New("report").Funcs(template.FuncMap{
	"percent": func(x float64) float64 { return 100 * x },
}).Parse(reportHTML))

// pictured is a session with its last picture as a data URL.
type pictured struct {
	Session
	Source template.URL
}

const (
	picturesOf  = 24  // sessions of a kind
	pictureSide = 160 // pixels
)

// WriteHTML writes the report as one page, with the last pictures of people who failed and of attacks that passed.
func (r *Result) WriteHTML(w io.Writer) error {
	type section struct {
		Row
		Pictures []pictured
	}
	var sections []section
	for _, k := range r.Kinds {
		s := section{Row: k}
		for _, session := range r.Sessions {
			if session.Kind != k.Kind || session.Passed != k.Attack || len(s.Pictures) == picturesOf {
				continue
			}
			source, err := thumbnail(session.last)
			if err != nil {
				return err
			}
			s.Pictures = append(s.Pictures, pictured{session, source})
		}
		sections = append(sections, s)
	}
	return page.Execute(w, struct {
		*Result
		Sections []section
	}{r, sections})
}

func thumbnail(data []byte) (template.URL, error) {
	if len(data) == 0 {
		return "", nil
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return "", err
	}
	b := img.Bounds()
	scale := float64(pictureSide) / float64(max(b.Dx(), b.Dy()))
	small := image.NewRGBA(image.Rect(0, 0, int(float64(b.Dx())*scale), int(float64(b.Dy())*scale)))
	draw.ApproxBiLinear.Scale(small, small.Bounds(), img, b, draw.Src, nil)
	var out bytes.Buffer
	err = jpeg.Encode(&out, small, &jpeg.Options{Quality: 60})
	return template.URL("data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(out.Bytes())), err //nolint:gosec // base64 made here
}
