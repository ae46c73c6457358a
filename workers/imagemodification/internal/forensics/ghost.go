package forensics

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math"
)

// ghostQualities lists the JPEG qualities at which a picture is compressed again.
var ghostQualities = []int{50, 60, 70, 80, 90, 95}

// Ghost returns how differently face and background respond to being compressed again, 0..1: a region that was compressed
// before changes least at the same quality (Farid, Exposing digital forgeries from JPEG ghosts, IEEE TIFS 4, 2009). The
// result is the largest distance between their mean error curves over the qualities, each tile's curve scaled to 0..1. ok
// is false when face or background has too few tiles.
func Ghost(l *Luma, face image.Rectangle) (difference float64, ok bool, err error) {
	curves := map[image.Point][]float64{}
	var tiles []image.Point // in a fixed order, so that sums are the same to the last bit
	for _, q := range ghostQualities {
		if err := l.errors(q, func(x, y int, e float64) {
			p := image.Pt(x, y)
			if curves[p] == nil {
				tiles = append(tiles, p)
			}
			curves[p] = append(curves[p], e)
		}); err != nil {
			return 0, false, err
		}
	}
	var sums [2][]float64
	var n [2]int
	for i := range sums {
		sums[i] = make([]float64, len(ghostQualities))
	}
	for _, p := range tiles {
		c := curves[p]
		isFace, isBackground := l.region(face, p.X, p.Y)
		i := 0
		if isBackground {
			i = 1
		} else if !isFace {
			continue
		}
		low, high := c[0], c[0]
		for _, e := range c {
			low, high = min(low, e), max(high, e)
		}
		if high-low < 0.5 {
			continue // a plain tile has no curve
		}
		n[i]++
		for k, e := range c {
			sums[i][k] += (e - low) / (high - low)
		}
	}
	if n[0] < leastTiles || n[1] < leastTiles {
		return 0, false, nil
	}
	for k := range ghostQualities {
		difference = max(difference, math.Abs(sums[0][k]/float64(n[0])-sums[1][k]/float64(n[1])))
	}
	return difference, true, nil
}

// errors compresses the picture and calls report with the mean squared error of each tile.
func (l *Luma) errors(quality int, report func(x, y int, e float64)) error {
	var buf bytes.Buffer
	gray := &image.Gray{Pix: l.Pix, Stride: l.Width, Rect: image.Rect(0, 0, l.Width, l.Height)}
	if err := jpeg.Encode(&buf, gray, &jpeg.Options{Quality: quality}); err != nil {
		return fmt.Errorf("compress again: %w", err)
	}
	decoded, err := jpeg.Decode(&buf)
	if err != nil {
		return fmt.Errorf("compress again: %w", err)
	}
	again, ok := decoded.(*image.Gray)
	if !ok {
		return fmt.Errorf("compress again: got %T", decoded)
	}
	l.eachTile(func(x0, y0 int) {
		sum := 0
		for y := y0; y < y0+tile; y++ {
			a, b := l.Pix[y*l.Width+x0:y*l.Width+x0+tile], again.Pix[y*again.Stride+x0:y*again.Stride+x0+tile]
			for i := range a {
				d := int(a[i]) - int(b[i])
				sum += d * d
			}
		}
		report(x0, y0, float64(sum)/(tile*tile))
	})
	return nil
}
