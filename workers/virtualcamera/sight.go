package virtualcamera

import (
	"math/bits"

	"github.com/selene-liveness/selene/workers/vision"
)

// sight holds what the state keeps of one frame.
type sight struct {
	Sum  uint64    // first bytes of the SHA-256 of the image as received
	Hash [2]uint64 // difference hash
	AtMS uint32    // when it was received, in milliseconds since the session opened
}

// The grid of the difference hash. A row of hashWidth+1 cells gives hashWidth bits.
const (
	hashWidth  = 16
	hashHeight = 8
	// tie is the smallest difference that counts, in 64ths of a grey level: without it the bits of plain walls are random.
	tie = 64
)

// differenceHash returns the perceptual hash of Krawetz ("Kind of like that", 2013) of the whole picture: the green channel
// is averaged over 17 x 8 cells, and each bit is set if a cell is darker than its right neighbour.
func differenceHash(img *vision.Image) (h [2]uint64) {
	var cells [hashHeight][hashWidth + 1]int
	for y := range hashHeight {
		for x := range hashWidth + 1 {
			cells[y][x] = cellMean(img,
				x*img.Width/(hashWidth+1), y*img.Height/hashHeight, (x+1)*img.Width/(hashWidth+1), (y+1)*img.Height/hashHeight)
		}
	}
	for y := range hashHeight {
		for x := range hashWidth {
			if cells[y][x]+tie < cells[y][x+1] {
				bit := y*hashWidth + x
				h[bit/64] |= 1 << (bit % 64)
			}
		}
	}
	return h
}

// cellMean returns 64 times the mean of every second pixel of every second row.
func cellMean(img *vision.Image, x0, y0, x1, y1 int) int {
	sum, n := 0, 0
	for y := y0; y < y1; y += 2 {
		for x := x0; x < x1; x += 2 {
			sum += int(img.Pix[(y*img.Width+x)*3+1])
			n++
		}
	}
	return 64 * sum / max(n, 1)
}

func distance(a, b [2]uint64) int {
	return bits.OnesCount64(a[0]^b[0]) + bits.OnesCount64(a[1]^b[1])
}

// The grid of patches, each of patchSide x patchSide neighbouring pixels.
const (
	patchGrid  = 6
	patchSide  = 4
	patchBytes = patchSide * patchSide
)

// leastSide is the smallest width and height of a picture, in pixels, that fits the grids.
const leastSide = 4 * patchGrid

// patches are the green channel of small pieces spread evenly over the picture, at full resolution.
type patches [patchGrid * patchGrid * patchBytes]byte

func takePatches(img *vision.Image) (p patches) {
	i := 0
	for gy := range patchGrid {
		for gx := range patchGrid {
			x0, y0 := (2*gx+1)*(img.Width-patchSide)/(2*patchGrid), (2*gy+1)*(img.Height-patchSide)/(2*patchGrid)
			for y := range patchSide {
				for x := range patchSide {
					p[i] = img.Pix[((y0+y)*img.Width+x0+x)*3+1]
					i++
				}
			}
		}
	}
	return p
}

// frozenShare returns the share of patches, 0..1, that changed by at most one grey level in one pixel. Patches clipped to
// black or white have no noise and do not count. ok is false when too few are left.
func frozenShare(before, now *patches) (share float64, ok bool) {
	frozen, counted := 0, 0
	for i := 0; i < len(now); i += patchBytes {
		change, clipped := 0, true
		for j := i; j < i+patchBytes; j++ {
			d := int(now[j]) - int(before[j])
			change += max(d, -d)
			clipped = clipped && (now[j] <= 4 || now[j] >= 251)
		}
		if clipped {
			continue
		}
		counted++
		if change <= 1 {
			frozen++
		}
	}
	return float64(frozen) / float64(max(counted, 1)), counted >= patchGrid
}
