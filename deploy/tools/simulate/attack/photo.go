package attack

import (
	"errors"
	"fmt"
	"math"

	"github.com/selene-liveness/selene/workers/vision"
)

// Photo is a picture of a victim, cut to a square round the face as a webcam would show it. It is not changed after
// [Open], so that many actors may share it.
type Photo struct {
	img  vision.Image
	mesh [468]point
	// The oval of the face: its centre, half its width and height, and the depth of the axis it turns about, pixels.
	center           point
	halfWide, halfUp float64
}

// point is a place in a picture and its distance from the camera's plane, all in pixels; Z grows away from the camera.
type point struct{ X, Y, Z float64 }

func (p point) plus(q point) point          { return point{p.X + q.X, p.Y + q.Y, p.Z + q.Z} }
func (p point) minus(q point) point         { return point{p.X - q.X, p.Y - q.Y, p.Z - q.Z} }
func (p point) times(f float64) point       { return point{p.X * f, p.Y * f, p.Z * f} }
func (p point) to(q point, f float64) point { return p.plus(q.minus(p).times(f)) }

// ErrUnusable marks a picture that an attacker would not choose: without a face, or with one that is turned or small.
var ErrUnusable = errors.New("attack: no use as a photo")

const (
	faceShare  = 0.44 // of the face in the height of the cut
	smallest   = 60   // pixels of the narrowest face that is enlarged
	mostTurned = 14   // degrees of yaw
	mostBowed  = 20   // degrees of pitch
)

// Open decodes a JPEG or PNG picture of at least one face, and cuts and scales it to a square of side pixels round the
// largest. The error wraps [ErrUnusable] if the face will not do.
func Open(m *vision.Models, data []byte, side int) (*Photo, error) {
	decoder := vision.NewDecoder(1 << 26)
	defer decoder.Close()
	var img vision.Image
	if err := decoder.Decode(data, &img); err != nil {
		return nil, err
	}
	face, _, err := measure(m, &img)
	if err != nil {
		return nil, err
	}
	p := &Photo{img: cut(&img, face.Box, side)}
	_, found, err := measure(m, &p.img)
	if err != nil {
		return nil, err
	}
	if !found.HasMesh || math.Abs(float64(found.Yaw)) > mostTurned || math.Abs(float64(found.Pitch)) > mostBowed {
		return nil, fmt.Errorf("%w: the face is turned by yaw %.0f, pitch %.0f degrees", ErrUnusable, found.Yaw, found.Pitch)
	}
	for i, q := range found.Mesh {
		p.mesh[i] = point{float64(q.X), float64(q.Y), float64(found.MeshDepth[i])}
	}
	right, left, top, chin := p.mesh[234], p.mesh[454], p.mesh[10], p.mesh[152]
	p.halfWide, p.halfUp = math.Hypot(left.X-right.X, left.Y-right.Y)/2, math.Hypot(chin.X-top.X, chin.Y-top.Y)/2
	p.center = point{(left.X + right.X) / 2, (top.Y + chin.Y) / 2, (left.Z + right.Z) / 2}
	return p, nil
}

// measure returns the largest face.
func measure(m *vision.Models, img *vision.Image) (vision.Detection, *vision.Measurement, error) {
	faces, err := m.Detect(img, nil)
	if err != nil {
		return vision.Detection{}, nil, err
	}
	if len(faces) == 0 || faces[0].Box.Width < smallest {
		return vision.Detection{}, nil, fmt.Errorf("%w: no face of %d pixels", ErrUnusable, smallest)
	}
	out := &vision.Measurement{}
	return faces[0], out, m.Measure(img, faces[0], out)
}

// cut scales a square round the box, moved or shrunk to lie within the picture, to side pixels.
func cut(img *vision.Image, box vision.Rect, side int) vision.Image {
	size := min(float64(box.Height)/faceShare, float64(img.Width), float64(img.Height))
	c := box.Center()
	x := min(max(float64(c.X)-size/2, 0), float64(img.Width)-size)
	y := min(max(float64(c.Y)-size*0.52, 0), float64(img.Height)-size)
	out := blank(side, side)
	step := size / float64(side)
	resample(img, &out, func(u, v float64) (float64, float64) { return x + u*step, y + v*step }, step)
	return out
}
