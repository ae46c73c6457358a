package attack

// lid lists points of the mesh from the outer to the inner corner of an eye: the edge of the upper lid, the edge of the
// lower lid, and two rows of skin above the upper lid and one below the lower.
type lid struct{ upper, lower, crease, brow, under [7]int }

var eyes = [2]lid{
	{ // the subject's right
		upper:  [7]int{246, 161, 160, 159, 158, 157, 173},
		lower:  [7]int{7, 163, 144, 145, 153, 154, 155},
		crease: [7]int{247, 30, 29, 27, 28, 56, 190},
		brow:   [7]int{113, 225, 224, 223, 222, 221, 189},
		under:  [7]int{25, 110, 24, 23, 22, 26, 112},
	},
	{
		upper:  [7]int{466, 388, 387, 386, 385, 384, 398},
		lower:  [7]int{249, 390, 373, 374, 380, 381, 382},
		crease: [7]int{467, 260, 259, 257, 258, 286, 414},
		brow:   [7]int{342, 445, 444, 443, 442, 441, 413},
		under:  [7]int{255, 339, 254, 253, 252, 256, 341},
	},
}

// close moves the lids of a mesh: closed is 0..1. The upper lid comes down nearly all the way and pulls its skin along.
func (l *lid) close(mesh []point, closed float64) {
	for i := range l.upper {
		up, low := mesh[l.upper[i]], mesh[l.lower[i]]
		way := low.minus(up)
		mesh[l.upper[i]] = up.plus(way.times(0.93 * closed))
		mesh[l.lower[i]] = low.minus(way.times(0.07 * closed))
		mesh[l.crease[i]] = mesh[l.crease[i]].plus(way.times(0.35 * closed))
		mesh[l.brow[i]] = mesh[l.brow[i]].plus(way.times(0.08 * closed))
	}
}
