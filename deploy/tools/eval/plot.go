package eval

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"strconv"
)

// Size of the plot and position of its axes, in pixels.
const (
	plotWidth, plotHeight = 900, 640
	plotLeft, plotRight   = 80, 870
	plotTop, plotBottom   = 50, 570
	plotDecades           = 3 // false positive rates from 10^-3 to 1
)

var (
	ink    = color.RGBA{30, 30, 30, 255}
	faint  = color.RGBA{222, 222, 222, 255}
	curves = []color.RGBA{{0, 90, 181, 255}, {220, 50, 32, 255}, {0, 130, 90, 255}, {150, 90, 200, 255}}
)

// WritePlot draws the ROC curves of matching as a PNG: true positive rate over false positive rate, the latter in
// decades.
func (r *Report) WritePlot(w io.Writer) error {
	if len(r.curves) == 0 {
		return errors.New(
			"there is no curve to plot: no faces were found in the dataset's pairs or identities, or the pack has no descriptor",
		)
	}
	img := image.NewRGBA(image.Rect(0, 0, plotWidth, plotHeight))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	p := &plot{img}
	p.axes()
	p.text(plotLeft, 16, fmt.Sprintf("ROC of matching, pack %s", r.Pack))
	for i, c := range r.curves {
		shade := curves[i%len(curves)]
		p.curve(c.curve, shade)
		y := plotBottom - 20 - 24*(len(r.curves)-1-i)
		p.line(plotLeft+360, y+5, plotLeft+400, y+5, shade)
		p.line(plotLeft+360, y+6, plotLeft+400, y+6, shade)
		p.text(plotLeft+410, y, c.name)
	}
	return png.Encode(w, img)
}

type plot struct{ img *image.RGBA }

func plotX(fpr float64) float64 {
	decade := 1.0 // at 0 the axis ends
	if fpr > 0 {
		decade = min(1, -math.Log10(fpr)/plotDecades)
	}
	return plotRight - decade*(plotRight-plotLeft)
}

func plotY(tpr float64) float64 { return plotBottom - tpr*(plotBottom-plotTop) }

func (p *plot) axes() {
	for d := range plotDecades + 1 {
		for m := 1; m <= 9; m++ {
			rate := float64(m) * math.Pow(10, float64(d-plotDecades))
			if rate > 1 {
				break
			}
			x := round(plotX(rate))
			p.line(x, plotTop, x, plotBottom, faint)
		}
		label := strconv.FormatFloat(math.Pow(10, float64(d-plotDecades)), 'f', -1, 64)
		x := round(plotX(math.Pow(10, float64(d-plotDecades))))
		p.text(x-textWidth(label)/2, plotBottom+10, label)
	}
	for i := range 11 {
		y := round(plotY(float64(i) / 10))
		p.line(plotLeft, y, plotRight, y, faint)
		label := strconv.FormatFloat(float64(i)/10, 'f', 1, 64)
		p.text(plotLeft-10-textWidth(label), y-5, label)
	}
	p.line(plotLeft, plotTop, plotLeft, plotBottom, ink)
	p.line(plotLeft, plotBottom, plotRight, plotBottom, ink)
	x := "false positive rate"
	p.text((plotLeft+plotRight-textWidth(x))/2, plotBottom+36, x)
	p.text(8, plotTop-18, "TPR")
}

// curve joins the points of a curve of counts by steps.
func (p *plot) curve(c Curve, shade color.RGBA) {
	for i := 1; i < len(c); i++ {
		x0, y0 := round(plotX(c[i-1].FPR)), round(plotY(c[i-1].TPR))
		x1, y1 := round(plotX(c[i].FPR)), round(plotY(c[i].TPR))
		for d := range 2 {
			p.line(x0+d, y0, x0+d, y1, shade)
			p.line(x0, y1+d, x1, y1+d, shade)
		}
	}
}

func round(x float64) int { return int(math.Round(x)) }

// line draws a line, including its ends.
func (p *plot) line(x0, y0, x1, y1 int, c color.RGBA) {
	n := max(x1-x0, x0-x1, y1-y0, y0-y1, 1)
	for i := range n + 1 {
		t := float64(i) / float64(n)
		p.img.SetRGBA(x0+round(t*float64(x1-x0)), y0+round(t*float64(y1-y0)), c)
	}
}

// letterSize is the size of one pixel of a letter in the plot.
const letterSize = 2

// text writes text with its upper left corner at a point. Unknown letters are left blank.
func (p *plot) text(x, y int, s string) {
	for _, r := range s {
		for line, bits := range letter(r) {
			for column := range 3 {
				if bits>>(2-column)&1 == 0 {
					continue
				}
				for i := range letterSize * letterSize {
					p.img.SetRGBA(x+column*letterSize+i%letterSize, y+line*letterSize+i/letterSize, ink)
				}
			}
		}
		x += 4 * letterSize
	}
}

func textWidth(s string) int { return letterSize * (4*len([]rune(s)) - 1) }
