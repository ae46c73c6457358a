package detector

import (
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/vision"
)

// position checks the place and size of the face: margins, distance, frame and face in pixels, region of interest.
func (c *checks) position(p *schemas.FramePosition) {
	t, face, frame := &c.settings.Thresholds, p.GetFace(), p.GetFrame()
	least := int32(t.Margin)
	top, right, bottom, left := p.GetMargins()[0], p.GetMargins()[1], p.GetMargins()[2], p.GetMargins()[3]
	c.fail(least > 0 && bottom < least, schemas.CodeMarginBottom)
	c.fail(least > 0 && left < least, schemas.CodeMarginLeft)
	c.fail(least > 0 && top < least, schemas.CodeMarginTop)
	c.fail(least > 0 && right < least, schemas.CodeMarginRight)
	near := float64(face.GetWidth()) > t.FaceShare*float64(frame.GetWidth()) ||
		float64(face.GetHeight()) > t.FaceShare*float64(frame.GetHeight())
	c.fail(near, schemas.CodeFaceTooClose)
	c.fail(int(frame.GetWidth()) < t.FrameWidth, schemas.CodeFrameNarrow)
	c.fail(int(frame.GetHeight()) < t.FrameHeight, schemas.CodeFrameLow)
	c.fail(int(face.GetWidth()) < t.FaceWidth, schemas.CodeFaceNarrow)
	c.fail(int(face.GetHeight()) < t.FaceHeight, schemas.CodeFaceLow)
	c.fail(!within(&c.settings.ROI, face, frame), schemas.CodeOutOfROI)
}

// within reports whether the face box is inside the region of interest. A side as long as the frame's is not a bound.
func within(roi *schemas.ROI, face, frame *schemas.Rect) bool {
	inside := func(center, size float64, from, length, whole int32) bool {
		center, size = pixels(center, whole), pixels(size, whole)
		return size >= float64(whole) || float64(from) >= center-size/2 && float64(from+length) <= center+size/2
	}
	return inside(roi.CenterX, roi.Width, face.GetX(), face.GetWidth(), frame.GetWidth()) &&
		inside(roi.CenterY, roi.Height, face.GetY(), face.GetHeight(), frame.GetHeight())
}

// pixels converts a length of the settings to pixels: up to 1 it is a fraction of the whole.
func pixels(v float64, whole int32) float64 {
	if v <= 1 {
		return v * float64(whole)
	}
	return v
}

func position(box vision.Rect, img *vision.Image) *schemas.FramePosition {
	face := &schemas.Rect{X: whole(box.X), Y: whole(box.Y), Width: whole(box.Width), Height: whole(box.Height)}
	width, height := int32(img.Width), int32(img.Height)
	return &schemas.FramePosition{
		Face: face, Frame: &schemas.Rect{Width: width, Height: height},
		Margins: []int32{face.Y, width - face.X - face.Width, height - face.Y - face.Height, face.X},
	}
}
