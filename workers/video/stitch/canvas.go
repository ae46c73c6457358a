package stitch

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/asticode/go-astiav"
)

// minSide is the smallest width and height of a video. x265 3.5 refuses less than 16, and writes beyond the end of a
// look-ahead buffer when a picture is narrower than 62.
const minSide = 64

// canvas fits pictures of any size and pixel format to one size in yuv420p, limited range, BT.601 matrix, rotates them and
// paints their drawings. If the first picture determines the size, pictures of that size keep their pixels (an odd size gets
// one black row or column); any other is scaled to fit, keeping its shape, with black borders.
type canvas struct {
	// width and height of the output, even. They are 0 until the first picture.
	width, height int
	// keptW and keptH are the size of a rotated picture that is not scaled.
	keptW, keptH int
	rotate       int
	flip         string
	drawer       drawer

	input inputFormat
	graph *astiav.FilterGraph
	src   *astiav.FilterContext
	sink  *astiav.FilterContext
}

// inputFormat describes the pictures that a filter graph is built for; a picture that differs needs another graph.
type inputFormat struct {
	width, height int
	pixels        astiav.PixelFormat
	colours       astiav.ColorRange
	marks         bool
	texts         [corners + 1]bool
}

func newCanvas(o Options) *canvas {
	c := &canvas{rotate: o.Rotate, flip: o.Flip}
	if o.Width > 0 {
		c.resize(o.Width, o.Height)
	}
	return c
}

func (c *canvas) resize(w, h int) {
	c.keptW, c.keptH = w, h
	c.width, c.height = max(even(w), minSide), max(even(h), minSide)
	c.drawer.width, c.drawer.height = c.width, c.height
}

func even(n int) int { return (n + 1) &^ 1 }

// fit replaces the picture in f with its fitted copy.
func (c *canvas) fit(f *astiav.Frame, drawing Drawing) error {
	if c.width == 0 {
		c.resize(turned(c.rotate, f.Width(), f.Height()))
	}
	at := c.place(f.Width(), f.Height())
	if !drawing.isEmpty() {
		if err := c.drawer.attach(f, drawing, at); err != nil {
			return err
		}
	}
	in := inputFormat{
		width: f.Width(), height: f.Height(), pixels: f.PixelFormat(), colours: f.ColorRange(),
		marks: c.drawer.marks, texts: c.drawer.texts,
	}
	if c.fits(in) {
		return nil
	}
	if c.graph == nil || in != c.input {
		c.freeGraph()
		if err := c.build(in, at); err != nil {
			c.freeGraph()
			return fmt.Errorf("convert a %dx%d %s picture: %w", in.width, in.height, in.pixels, err)
		}
		c.input = in
	}
	if err := c.src.BuffersrcAddFrame(f, 0); err != nil {
		return fmt.Errorf("convert: %w", err)
	}
	if err := c.sink.BuffersinkGetFrame(f, 0); err != nil {
		return fmt.Errorf("convert: %w", err)
	}
	return nil
}

// fits reports whether a picture can be encoded unchanged.
func (c *canvas) fits(in inputFormat) bool {
	return in == inputFormat{width: c.width, height: c.height, pixels: astiav.PixelFormatYuv420P, colours: astiav.ColorRangeMpeg} &&
		c.rotate == 0 && c.flip == ""
}

// place returns the placement of a picture, whose size is that before rotation.
func (c *canvas) place(w, h int) placement {
	p := placement{width: w, height: h, rotate: c.rotate, flip: c.flip}
	p.w, p.h = turned(c.rotate, w, h)
	if p.w != c.keptW || p.h != c.keptH {
		p.w, p.h = letterbox(p.w, p.h, c.width, c.height)
	}
	// Even offsets: the chroma planes have half the size.
	p.x, p.y = (c.width-p.w)/2&^1, (c.height-p.h)/2&^1
	return p
}

// letterbox returns the largest even size of the shape w:h that fits into boxW x boxH.
func letterbox(w, h, boxW, boxH int) (int, int) {
	if w*boxH >= h*boxW {
		return boxW, max(2, h*boxW/w&^1)
	}
	return max(2, w*boxH/h&^1), boxH
}

// chain returns the description of the filters that place a picture.
func (c *canvas) chain(p placement) (string, error) {
	w, h := turned(c.rotate, p.w, p.h)
	filters := []string{
		fmt.Sprintf("scale=%d:%d:out_range=tv:out_color_matrix=bt601", w, h),
		"format=yuv420p",
	}
	switch c.rotate {
	case 90:
		filters = append(filters, "transpose=clock")
	case 180:
		filters = append(filters, "hflip,vflip")
	case 270:
		filters = append(filters, "transpose=cclock")
	}
	switch c.flip {
	case FlipHorizontal:
		filters = append(filters, "hflip")
	case FlipVertical:
		filters = append(filters, "vflip")
	}
	if p.w != c.width || p.h != c.height {
		filters = append(filters, fmt.Sprintf("pad=%d:%d:%d:%d:black", c.width, c.height, p.x, p.y))
	}
	painting, err := c.drawer.filters()
	return strings.Join(append(filters, painting...), ","), err
}

func (c *canvas) build(in inputFormat, p placement) error {
	c.graph = astiav.AllocFilterGraph()
	c.graph.SetThreadCount(1)
	buffer, buffersink := astiav.FindFilterByName("buffer"), astiav.FindFilterByName("buffersink")
	if buffer == nil || buffersink == nil {
		return errors.New("this FFmpeg has no buffer filters; install the full libavfilter")
	}
	var err error
	c.src, err = c.graph.NewFilterContext(buffer, "in", astiav.FilterArgs{
		"width":     strconv.Itoa(in.width),
		"height":    strconv.Itoa(in.height),
		"pix_fmt":   strconv.Itoa(int(in.pixels)),
		"time_base": "1/1",
		// Densities in image files describe print, not pixels.
		"sar": "1/1",
	})
	if err != nil {
		return err
	}
	if c.sink, err = c.graph.NewFilterContext(buffersink, "out", nil); err != nil {
		return err
	}
	outputs := astiav.AllocFilterInOut()
	defer outputs.Free()
	outputs.SetName("in")
	outputs.SetFilterContext(c.src)
	inputs := astiav.AllocFilterInOut()
	defer inputs.Free()
	inputs.SetName("out")
	inputs.SetFilterContext(c.sink)
	chain, err := c.chain(p)
	if err != nil {
		return err
	}
	if err := c.graph.Parse(chain, inputs, outputs); err != nil {
		return err
	}
	return c.graph.Configure()
}

func (c *canvas) free() {
	c.freeGraph()
	c.drawer.free()
}

func (c *canvas) freeGraph() {
	// Source and sink are freed first: freeing the graph would free them too and leave their handles dangling.
	for _, fc := range []**astiav.FilterContext{&c.src, &c.sink} {
		if *fc != nil {
			(*fc).Free()
			*fc = nil
		}
	}
	if c.graph != nil {
		c.graph.Free()
		c.graph = nil
	}
}
