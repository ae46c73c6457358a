// Package forensics measures traces that editing leaves in a picture: pure functions of pixels and bytes, by published
// methods. README.md reports how well each one works.
package forensics

import "image"

// Luma is the brightness of a picture, 0..255, rows from the top.
type Luma struct {
	Width, Height int
	Pix           []byte
}

// tile is the side of the squares that a picture is measured in.
const tile = 16

// leastTiles is the number of tiles that a region needs to be compared.
const leastTiles = 12

// region reports whether a tile lies in the face, and whether it is far enough from it to be background.
func (l *Luma) region(face image.Rectangle, x, y int) (isFace, isBackground bool) {
	t := image.Rect(x, y, x+tile, y+tile)
	return t.In(face), !t.Overlaps(face.Inset(-min(face.Dx(), face.Dy()) / 4))
}

// eachTile calls do with the top left corners of all complete tiles, which lie on the grid of JPEG's blocks.
func (l *Luma) eachTile(do func(x, y int)) {
	for y := 0; y+tile <= l.Height; y += tile {
		for x := 0; x+tile <= l.Width; x += tile {
			do(x, y)
		}
	}
}
