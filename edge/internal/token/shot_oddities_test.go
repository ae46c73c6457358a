package token

import (
	"bytes"
	"image/color"
	"image/jpeg"
	"testing"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/schemas/imagefile/imagefiletest"
)

// Whatever a picture that passed is like, its best shot shows what viewers show.
func TestShotsOfOddities(t *testing.T) {
	const side = imagefiletest.OdditySide
	whole := &schemas.Rect{Width: side, Height: side}
	for _, o := range imagefiletest.Oddities() {
		shot, err := Shot(o.Data, whole, &schemas.TokenSettings{BestShotCrop: schemas.CropFace})
		if o.Shown == nil {
			continue // no such picture passes
		}
		if err != nil {
			t.Errorf("%s: %v", o.Name, err)
			continue
		}
		img, err := jpeg.Decode(bytes.NewReader(shot))
		if err != nil || img.Bounds().Dx() != side || img.Bounds().Dy() != side {
			t.Errorf("%s: %v, %v", o.Name, img.Bounds(), err)
			continue
		}
		for quarter, want := range o.Shown {
			got := color.NRGBAModel.Convert(img.At(side/4+quarter%2*side/2, side/4+quarter/2*side/2)).(color.NRGBA)
			const tolerance = 3 * imagefiletest.OddityTolerance // compressed once more
			for _, d := range []int{int(got.R) - int(want.R), int(got.G) - int(want.G), int(got.B) - int(want.B)} {
				if max(d, -d) > tolerance {
					t.Errorf("%s: quarter %d is %v, want %v", o.Name, quarter, got, want)
					break
				}
			}
		}
	}
}
