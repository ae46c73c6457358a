package lightchallenge

import "math"

// skin sums the cheeks, the nose and the middle of the forehead, by the five landmarks. It is not usable if most of it is clipped.
func (c crop) skin(landmarks []float32) (out light, usable bool) {
	at := func(i int) (x, y float64) { return float64(landmarks[2*i]), float64(landmarks[2*i+1]) }
	rx, ry := at(0)
	lx, ly := at(1)
	nx, ny := at(2)
	mrx, mry := at(3)
	mlx, mly := at(4)
	eyes := math.Hypot(lx-rx, ly-ry)
	ex, ey := (rx+lx)/2, (ry+ly)/2
	downX, downY := (mrx+mlx)/2-ex, (mry+mly)/2-ey
	all := 0
	disc := func(x, y, radius float64) {
		_, _, step := c.geometry()
		for dy := -radius; dy <= radius; dy += step {
			for dx := -radius; dx <= radius; dx += step {
				p := c.at(x+dx, y+dy)
				if p == nil || dx*dx+dy*dy > radius*radius {
					continue
				}
				all++
				if max(p[0], p[1], p[2]) < clipped {
					out.add(p)
				}
			}
		}
	}
	disc(.45*rx+.55*mrx-.15*(lx-rx), .45*ry+.55*mry-.15*(ly-ry), .22*eyes)
	disc(.45*lx+.55*mlx+.15*(lx-rx), .45*ly+.55*mly+.15*(ly-ry), .22*eyes)
	disc(nx, ny, .15*eyes)
	disc(ex-.45*downX, ey-.45*downY, .2*eyes)
	return out, out.n >= fewSkin && 2*out.n >= all
}

// Cosines between the normal of a place and the direction to the camera, in which the screen is too: from frontal on a place
// belongs to the front of the face, up to lateral to its sides.
const (
	frontal = 0.9
	lateral = 0.65
)

// shaded sums the front of a face and its sides, by the normals of its mesh. Both are empty without a mesh.
func (c crop) shaded(mesh []float32) (front, side light) {
	for i, cosine := range Facing(mesh) {
		p := c.at(float64(mesh[3*i]), float64(mesh[3*i+1]))
		if p == nil || max(p[0], p[1], p[2]) >= clipped {
			continue
		}
		switch {
		case cosine >= frontal:
			front.add(p)
		case cosine <= lateral:
			side.add(p)
		}
	}
	return front, side
}

// neighbours is the number of points that a plane is fitted to.
const neighbours = 12

// Facing returns, for each point of a mesh (x, y and depth in pixels), the cosine between the normal of the surface and the
// direction to the camera, 0..1: that of the plane that fits the nearest points with the least squared error in depth. It is
// nil for an empty mesh.
func Facing(mesh []float32) []float64 {
	n := len(mesh) / 3
	if n < neighbours {
		return nil
	}
	out := make([]float64, n)
	for i := range n {
		out[i] = facing(mesh, i)
	}
	return out
}

func facing(mesh []float32, i int) float64 {
	type near struct {
		d float64
		p int
	}
	var list [neighbours]near
	size := 0
	x, y, z := float64(mesh[3*i]), float64(mesh[3*i+1]), float64(mesh[3*i+2])
	for j := range len(mesh) / 3 {
		dx, dy := float64(mesh[3*j])-x, float64(mesh[3*j+1])-y
		d := dx*dx + dy*dy
		if size == neighbours && d >= list[size-1].d { //nolint:gosec // size is at most neighbours, the length of list
			continue
		}
		k := min(size, neighbours-1)
		for ; k > 0 && list[k-1].d > d; k-- {
			list[k] = list[k-1]
		}
		list[k] = near{d, j}
		size = min(size+1, neighbours)
	}
	var xx, xy, yy, xz, yz float64
	for _, l := range list[:size] {
		dx, dy, dz := float64(mesh[3*l.p])-x, float64(mesh[3*l.p+1])-y, float64(mesh[3*l.p+2])-z
		xx, xy, yy, xz, yz = xx+dx*dx, xy+dx*dy, yy+dy*dy, xz+dx*dz, yz+dy*dz
	}
	det := xx*yy - xy*xy
	if det <= 1e-9*xx*yy {
		return 0
	}
	a, b := (xz*yy-yz*xy)/det, (yz*xx-xz*xy)/det
	return 1 / math.Sqrt(1+a*a+b*b)
}
