package attack

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math/rand/v2"

	"github.com/selene-liveness/selene/workers/vision"
)

// camera makes a file of a picture as if it were filmed: with noise, a flicker of the exposure and a quality of its own for
// each.
type camera struct {
	random      *rand.Rand
	noise       float64 // standard deviation, levels
	worst, best int     // JPEG qualities
	grain       []int8  // noise of standard deviation 16
	shake       float64 // pixels
	shaken      vision.Image
}

const grainSize = 1 << 16

func newCamera(r *rand.Rand) *camera {
	c := &camera{random: r, noise: 0.8 + 2*r.Float64(), worst: 60, best: 92, grain: make([]int8, grainSize)}
	c.worst += r.IntN(20)
	for i := range c.grain {
		c.grain[i] = int8(min(max(r.NormFloat64()*16, -127), 127))
	}
	return c
}

// film returns a JPEG file.
func (c *camera) film(img *vision.Image) ([]byte, error) {
	if c.shake > 0 {
		if len(c.shaken.Pix) != len(img.Pix) {
			c.shaken = blank(img.Width, img.Height)
		}
		dx, dy := (c.random.Float64()*2-1)*c.shake, (c.random.Float64()*2-1)*c.shake
		resample(img, &c.shaken, func(x, y float64) (float64, float64) { return x + dx, y + dy }, 1)
		img = &c.shaken
	}
	out := image.NewRGBA(image.Rect(0, 0, img.Width, img.Height))
	gain := 1 + 0.008*c.random.NormFloat64()
	var table [256]float64
	for i := range table {
		table[i] = float64(i) * gain
	}
	amount := c.noise / 16
	for y := range img.Height {
		at := c.random.IntN(grainSize)
		for x := range img.Width {
			i, j := (y*img.Width+x)*3, y*out.Stride+x*4
			for k := range 3 {
				out.Pix[j+k] = level(table[img.Pix[i+k]] + float64(c.grain[(at+x*3+k)%grainSize])*amount)
			}
			out.Pix[j+3] = 255
		}
	}
	var file bytes.Buffer
	quality := c.worst + c.random.IntN(c.best-c.worst+1)
	if err := jpeg.Encode(&file, out, &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("attack: encode: %w", err)
	}
	return file.Bytes(), nil
}
