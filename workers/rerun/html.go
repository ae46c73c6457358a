package rerun

import (
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/schemas/imagefile"
)

// Report is the HTML report of a run, with the frames whose codes changed.
type Report struct {
	Totals  *Totals
	Changed []*Result // sessions with changed codes, at most mostShown
	More    bool      // there were more
}

// mostShown is the number of sessions in a report.
const mostShown = 200

// Add adds one session, with its pictures or only to the totals.
func (r *Report) Add(s *Result, pictures bool) {
	r.Totals.Add(s)
	switch {
	case len(s.Codes) == 0 || !pictures:
	case len(r.Changed) == mostShown:
		r.More = true
	default:
		r.Changed = append(r.Changed, s)
	}
}

// shown is a changed frame with its picture as a data URL.
type shown struct {
	FrameChange
	Source template.URL
}

// Shown returns the changed frames of which there is a picture.
func (r *Result) Shown() []shown {
	var out []shown
	for _, p := range r.Pictures {
		i := slices.IndexFunc(r.Codes, func(c FrameChange) bool { return c.Frame == p.Frame })
		if i < 0 {
			continue
		}
		source := "data:" + imagefile.Detect(p.Image).MediaType() + ";base64," + base64.StdEncoding.EncodeToString(p.Image)
		out = append(out, shown{r.Codes[i], template.URL(source)}) //nolint:gosec // a fixed media type and base64
	}
	return out
}

//go:embed report.html
var reportHTML string

var page = template.Must(template.New("report").Funcs(template.FuncMap{
	"name":      schemas.CodeName,
	"codes":     codesText,
	"moved":     movedScores,
	"histogram": histogramSVG,
}).Parse(reportHTML))

// WriteHTML writes the report as one page without references to other files.
func (r *Report) WriteHTML(w io.Writer) error { return page.Execute(w, r) }

func codesText(codes []int32) string {
	if len(codes) == 0 {
		return "accepted"
	}
	var out []string
	for _, code := range codes {
		out = append(out, strings.TrimSpace(fmt.Sprint(code, " ", schemas.CodeName(code))))
	}
	return strings.Join(out, ", ")
}

func movedScores(scores map[string]*Shifts) map[string]*Shifts {
	out := map[string]*Shifts{}
	for name, s := range scores {
		if s.Moved > 0 {
			out[name] = s
		}
	}
	return out
}

// histogramSVG draws the shifts as bars, with no shift in the middle.
func histogramSVG(s *Shifts) template.HTML {
	const bar, height = 8, 28
	most := max(1, slices.Max(s.Histogram))
	var out strings.Builder
	fmt.Fprintf(
		&out,
		`<svg width="%d" height="%d" role="img" aria-label="from -%g to +%g">`,
		bar*len(s.Histogram),
		height+1,
		s.Range,
		s.Range,
	)
	for i, n := range s.Histogram {
		h := 1
		if n > 0 {
			h = max(2, n*height/most)
		}
		fmt.Fprintf(&out, `<rect x="%d" y="%d" width="%d" height="%d"/>`, i*bar, height+1-h, bar-1, h)
	}
	out.WriteString("</svg>")
	return template.HTML(out.String()) //nolint:gosec // numbers and fixed words
}
