package stitch

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/asticode/go-astiav"
)

// minSide is the smallest width and height of a video. x265 3.5 refuses less than 16 and writes beyond the end of a buffer
// of its look-ahead when a picture is narrower than 62.
const minSide = 64

// canvas fits pictures of any size and pixel format to one size in yuv420p, limited range, BT.601 matrix. A picture of
// the first one's size keeps its pixels (one black row or column is added to an odd size); any other is scaled to fit,
// keeping its shape, and set in black.
type canvas struct {
	// width and height of the output, even.
	width, height int
	// firstW and firstH are the size of the first picture, before it was made even.
	firstW, firstH int

	input inputFormat
	graph *astiav.FilterGraph
	src   *astiav.FilterContext
	sink  *astiav.FilterContext
}

// inputFormat is what a filter graph is built for; a picture that differs needs another graph.
type inputFormat struct {
	width, height int
	pixels        astiav.PixelFormat
	colours       astiav.ColorRange
}

func newCanvas(w, h int) *canvas {
	return &canvas{width: max(even(w), minSide), height: max(even(h), minSide), firstW: w, firstH: h}
}

func even(n int) int { return (n + 1) &^ 1 }

// fit replaces the picture in f with its fitted copy.
func (c *canvas) fit(f *astiav.Frame) error {
	in := inputFormat{width: f.Width(), height: f.Height(), pixels: f.PixelFormat(), colours: f.ColorRange()}
	if c.graph == nil || in != c.input {
		c.free()
		if err := c.build(in); err != nil {
			c.free()
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

// chain is the filter description for an input format.
func (c *canvas) chain(in inputFormat) string {
	w, h := in.width, in.height
	if w != c.firstW || h != c.firstH {
		w, h = letterbox(w, h, c.width, c.height)
	}
	filters := []string{
		fmt.Sprintf("scale=%d:%d:out_range=tv:out_color_matrix=bt601", w, h),
		"format=yuv420p",
	}
	if w != c.width || h != c.height {
		// Even offsets: the chroma planes have half the size.
		x, y := (c.width-w)/2&^1, (c.height-h)/2&^1
		filters = append(filters, fmt.Sprintf("pad=%d:%d:%d:%d:black", c.width, c.height, x, y))
	}
	return strings.Join(filters, ",")
}

// letterbox returns the largest even size of the shape w:h that fits into boxW x boxH.
func letterbox(w, h, boxW, boxH int) (int, int) {
	if w*boxH >= h*boxW {
		return boxW, max(2, h*boxW/w&^1)
	}
	return max(2, w*boxH/h&^1), boxH
}

func (c *canvas) build(in inputFormat) error {
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
		// Densities in image files describe paper, not pixels.
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
	if err := c.graph.Parse(c.chain(in), inputs, outputs); err != nil {
		return err
	}
	return c.graph.Configure()
}

func (c *canvas) free() {
	// The ends go first: freeing the graph would free them too and leave their handles dangling.
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
