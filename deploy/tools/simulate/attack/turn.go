package attack

import "math"

// cameraDistance is the distance of the camera from the axis of the head, in widths of the face.
const cameraDistance = 3.5

// turn moves points as a rigid head turns: about an axis through center, then in the picture. rest and the result are in
// pixels of the picture. share, if not nil, is how much of the movement each point makes.
func turn(rest []point, share []float64, center point, width float64, l Look, out []point) []point {
	yaw, pitch, roll := l.Yaw*math.Pi/180, l.Pitch*math.Pi/180, l.Roll*math.Pi/180
	sy, cy := math.Sincos(yaw)
	sp, cp := math.Sincos(pitch)
	sr, cr := math.Sincos(roll)
	scale := l.Scale
	if scale == 0 {
		scale = 1
	}
	distance := cameraDistance * width
	out = out[:0]
	for i, p := range rest {
		d := p.minus(center)
		// To the subject's left, the nose moves to the right of the picture; with the chin up, upwards.
		x, z := d.X*cy-d.Z*sy, d.Z*cy+d.X*sy
		y, z := d.Y*cp+z*sp, z*cp-d.Y*sp
		near := (distance + d.Z) / (distance + z)
		x, y = x*near, y*near
		// The right shoulder is on the left of the picture.
		x, y = x*cr+y*sr, y*cr-x*sr
		q := point{center.X + x*scale + l.X*width, center.Y + y*scale + l.Y*width, center.Z + z}
		if share != nil {
			q = p.to(q, share[i])
		}
		out = append(out, q)
	}
	return out
}
