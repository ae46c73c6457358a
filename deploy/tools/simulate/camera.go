package simulate

import (
	"bytes"
	"errors"
	"image"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"time"
)

// camera makes a file of a clip's frame: with noise of its own, a slow movement of the hand and a JPEG quality.
type camera struct {
	random  *rand.Rand
	quality int
	noise   int     // levels
	drift   float64 // pixels
	phase   [2]float64
	speed   [2]float64
	grain   []int8
	decoded map[*byte]image.Image // of the last files, by their first byte
}

const mostDecoded = 24

func newCamera(r *rand.Rand) *camera {
	c := &camera{
		random: r, quality: 40 + r.IntN(51), noise: 1 + r.IntN(3), drift: 1 + 4*r.Float64(), grain: make([]int8, 1<<14),
		decoded: map[*byte]image.Image{},
	}
	for i := range 2 {
		c.phase[i], c.speed[i] = 6*r.Float64(), 0.3+r.Float64()
	}
	for i := range c.grain {
		c.grain[i] = int8(max(-4, min(4, r.NormFloat64()*float64(c.noise)/1.5)))
	}
	return c
}

// film returns the file of a picture at a time.
func (c *camera) film(data []byte, at time.Duration) ([]byte, error) {
	img, err := c.decode(data)
	if err != nil {
		return nil, err
	}
	if decoded, ok := img.(*image.YCbCr); ok {
		y := *decoded
		y.Y = bytes.Clone(y.Y)
		margin := int(2*c.drift) &^ 1
		b := y.Bounds()
		for row := b.Min.Y; row < b.Max.Y; row++ {
			line, g := y.Y[y.YOffset(b.Min.X, row):][:b.Dx()], c.random.IntN(len(c.grain))
			for i := range line {
				line[i] = byte(max(0, min(255, int(line[i])+int(c.grain[(g+i)&(len(c.grain)-1)]))))
			}
		}
		x := margin + int(c.drift*math.Sin(c.phase[0]+c.speed[0]*at.Seconds()))&^1
		z := margin + int(c.drift*math.Sin(c.phase[1]+c.speed[1]*at.Seconds()))&^1
		img = y.SubImage(image.Rect(b.Min.X+x, b.Min.Y+z, b.Min.X+x+b.Dx()-2*margin, b.Min.Y+z+b.Dy()-2*margin))
	}
	var out bytes.Buffer
	err = jpeg.Encode(&out, img, &jpeg.Options{Quality: c.quality})
	return out.Bytes(), err
}

// decode keeps what it returns, which must not be changed.
func (c *camera) decode(data []byte) (image.Image, error) {
	if len(data) == 0 {
		return nil, errors.New("simulate: an empty picture")
	}
	if img := c.decoded[&data[0]]; img != nil {
		return img, nil
	}
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if len(c.decoded) == mostDecoded {
		clear(c.decoded)
	}
	c.decoded[&data[0]] = img
	return img, nil
}
