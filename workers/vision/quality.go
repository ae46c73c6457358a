package vision

// Quality measures how usable the picture of a face is, from its pixels alone. Every value is 0..1 and 1 means fine. Each is
// scaled so that the default threshold of its check is where the measure named at the field leaves the range of ordinary
// webcam pictures; README.md has the figures.
type Quality struct {
	// Blur is sharpness: the blur effect of Crete, Dolmiere, Ladret and Nicolas (SPIE 2007) at a fixed size of the face.
	Blur float64
	// Light falls with the share of over-exposed skin, Darkness with that of under-exposed skin: the ends of the
	// luminance histogram, after the exposure measures of ISO/IEC 29794-5.
	Light, Darkness float64
	// Illumination measures how evenly the halves of the face are lit: the intersection of their luminance histograms
	// (ISO/IEC 29794-5, illumination uniformity).
	Illumination float64
	// Specularity falls with the share of glare: bright spots in the colour of the lamp instead of that of the skin
	// (the dichromatic reflection model of Shafer, 1985).
	Specularity float64
}

// Limits of ordinary pictures and the threshold that they are mapped to; README.md has the measured ranges.
const (
	blurLimit, blurThreshold   = 0.62, 0.61
	overLimit, overThreshold   = 0.30, 0.57
	underLimit, underThreshold = 0.40, 0.50
	glareLimit, glareThreshold = 0.15, 0.10
)

// MeasureQuality measures the part of the picture inside the face box. A box without pixels scores 0 everywhere.
func MeasureQuality(img *Image, box Rect) Quality {
	f := newFacePixels(img, box)
	if f == nil {
		return Quality{}
	}
	defer f.release()
	e := f.exposure()
	return Quality{
		Blur:         graded(f.blurEffect(), blurLimit, blurThreshold),
		Light:        graded(e.over, overLimit, overThreshold),
		Darkness:     graded(e.under, underLimit, underThreshold),
		Illumination: e.even,
		Specularity:  graded(e.glare, glareLimit, glareThreshold),
	}
}

// graded maps a fault of 0..1 to a score of 1..0 in two straight lines that meet at the limit.
func graded(fault, limit, threshold float64) float64 {
	fault = max(0, min(fault, 1))
	if fault <= limit {
		return 1 - fault/limit*(1-threshold)
	}
	return threshold * (1 - fault) / (1 - limit)
}
