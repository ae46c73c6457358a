package token

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	_ "image/png" // frames may be PNG

	"golang.org/x/image/draw"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/schemas/imagefile"
)

const (
	aroundFace   = 2.0 // size of the crop, relative to the face
	bestQuality  = 92
	worstQuality = 60
	qualityStep  = 8
	shrink       = 0.8
)

// Shot returns the best shot as the settings of the token ask for it: the picture as received if it fits, otherwise a JPEG made
// of it, upright. face is where the face is in the picture as shown, in pixels.
func Shot(picture []byte, face *schemas.Rect, s *schemas.TokenSettings) ([]byte, error) {
	fits := s.BestShotMaxBytes == 0 || len(picture) <= s.BestShotMaxBytes
	info, err := imagefile.Inspect(picture, imagefile.MaxPixels)
	if err != nil {
		return nil, fmt.Errorf("read the best shot: %w", err)
	}
	small := s.BestShotMaxPixels == 0 || max(info.Width, info.Height) <= s.BestShotMaxPixels
	if s.BestShotCrop == schemas.CropFrame && fits && small {
		return picture, nil
	}
	img, _, err := image.Decode(bytes.NewReader(imagefile.AppendStripped(nil, picture)))
	if err != nil {
		return nil, fmt.Errorf("decode the best shot: %w", err)
	}
	img = upright(img, info)
	part := img.Bounds()
	if s.BestShotCrop == schemas.CropFace && face.GetWidth() > 0 && face.GetHeight() > 0 {
		part = around(face, part)
	}
	side := max(part.Dx(), part.Dy())
	if s.BestShotMaxPixels > 0 {
		side = min(side, s.BestShotMaxPixels)
	}
	for {
		shot := scaled(img, part, side)
		for quality := bestQuality; quality >= worstQuality; quality -= qualityStep {
			var out bytes.Buffer
			if err := jpeg.Encode(&out, shot, &jpeg.Options{Quality: quality}); err != nil {
				return nil, fmt.Errorf("encode the best shot: %w", err)
			}
			if s.BestShotMaxBytes == 0 || out.Len() <= s.BestShotMaxBytes || side == 1 {
				return out.Bytes(), nil
			}
		}
		side = max(1, int(shrink*float64(side)))
	}
}

// upright returns a stored picture as viewers show it.
func upright(stored image.Image, info imagefile.Info) image.Image {
	if info.Orientation == imagefile.Upright {
		return stored
	}
	from := image.NewRGBA(image.Rect(0, 0, info.Width, info.Height))
	draw.Draw(from, from.Bounds(), stored, stored.Bounds().Min, draw.Src)
	w, h := info.Shown()
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			sx, sy := info.Orientation.Stored(x, y, info.Width, info.Height)
			copy(out.Pix[out.PixOffset(x, y):][:4], from.Pix[from.PixOffset(sx, sy):])
		}
	}
	return out
}

// around returns the square around a face, as far as it is in the picture.
func around(face *schemas.Rect, picture image.Rectangle) image.Rectangle {
	half := int(aroundFace * float64(max(face.GetWidth(), face.GetHeight())) / 2)
	x, y := int(face.GetX()+face.GetWidth()/2), int(face.GetY()+face.GetHeight()/2)
	part := image.Rect(x-half, y-half, x+half, y+half).Add(picture.Min).Intersect(picture)
	if part.Empty() {
		return picture
	}
	return part
}

// scaled returns a part of a picture, on white, whose longer side has a number of pixels.
func scaled(img image.Image, part image.Rectangle, side int) image.Image {
	longer := max(part.Dx(), part.Dy())
	out := image.NewRGBA(image.Rect(0, 0, max(1, part.Dx()*side/longer), max(1, part.Dy()*side/longer)))
	draw.Draw(out, out.Bounds(), image.White, image.Point{}, draw.Src)
	draw.CatmullRom.Scale(out, out.Bounds(), img, part, draw.Over, nil)
	return out
}
