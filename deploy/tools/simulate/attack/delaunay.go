package attack

import "math"

// delaunay returns the Delaunay triangulation of points in the plane (Bowyer, 1981; Watson, 1981).
func delaunay(points []point) [][3]int {
	n := len(points)
	const far = 1e5
	at := append(append([]point(nil), points...), point{X: -far, Y: -far}, point{X: far, Y: -far}, point{X: 0, Y: far})
	type circle struct {
		corners [3]int
		x, y, r float64 // r is squared
	}
	around := func(f [3]int) circle {
		a, b, c := at[f[0]], at[f[1]], at[f[2]]
		bx, by, cx, cy := b.X-a.X, b.Y-a.Y, c.X-a.X, c.Y-a.Y
		d := 2 * (bx*cy - by*cx)
		if d == 0 {
			return circle{f, 0, 0, math.Inf(1)}
		}
		ux := (cy*(bx*bx+by*by) - by*(cx*cx+cy*cy)) / d
		uy := (bx*(cx*cx+cy*cy) - cx*(bx*bx+by*by)) / d
		return circle{f, a.X + ux, a.Y + uy, ux*ux + uy*uy}
	}
	found := []circle{around([3]int{n, n + 1, n + 2})}
	for i := range n {
		var edges [][2]int
		kept := found[:0:0]
		for _, c := range found {
			if dx, dy := at[i].X-c.x, at[i].Y-c.y; dx*dx+dy*dy >= c.r {
				kept = append(kept, c)
				continue
			}
			f := c.corners
			edges = append(edges, [2]int{f[0], f[1]}, [2]int{f[1], f[2]}, [2]int{f[2], f[0]})
		}
		for _, e := range outline(edges) {
			kept = append(kept, around([3]int{e[0], e[1], i}))
		}
		found = kept
	}
	var out [][3]int
	for _, c := range found {
		if f := c.corners; f[0] < n && f[1] < n && f[2] < n {
			out = append(out, f)
		}
	}
	return out
}

// outline returns the edges that only one triangle has.
func outline(edges [][2]int) [][2]int {
	count := make(map[[2]int]int, len(edges))
	key := func(e [2]int) [2]int { return [2]int{min(e[0], e[1]), max(e[0], e[1])} }
	for _, e := range edges {
		count[key(e)]++
	}
	var out [][2]int
	for _, e := range edges {
		if count[key(e)] == 1 {
			out = append(out, e)
		}
	}
	return out
}
