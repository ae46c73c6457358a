package schemas

import "fmt"

// TokenSettings state what tokens hold of the best shot, for whom they are and how long they count.
type TokenSettings struct {
	Issuer            string `json:"issuer"`
	Audience          string `json:"audience"`
	LifetimeSeconds   int    `json:"lifetime_seconds"`
	BestShot          bool   `json:"best_shot"`
	BestShotCrop      string `json:"best_shot_crop"`
	BestShotMaxPixels int    `json:"best_shot_max_pixels"`
	BestShotMaxBytes  int    `json:"best_shot_max_bytes"`
}

// The crops of a best shot.
const (
	CropFrame = "frame"
	CropFace  = "face"
)

const (
	minShotPixels = 64
	minShotBytes  = 4 << 10
	maxShotBytes  = 64 << 20
	maxLifetime   = 365 * 24 * 60 * 60
)

func (s *TokenSettings) fields() []field {
	return []field{
		{
			at: &s.Issuer, title: "Issuer",
			about: "The claim iss: a name of this installation, by which services that rely on several tell them apart. Empty: no claim.",
		},
		{
			at: &s.Audience, title: "Audience",
			about: "The claim aud: the service that tokens are for, which must refuse others. Empty: no claim.",
		},
		{
			at: &s.LifetimeSeconds, title: "Lifetime", value: 600, high: maxLifetime,
			about: "Seconds after the decision for which a token counts: the claim exp. 0: no claim, and the service must check iat.",
		},
		{
			at: &s.BestShot, title: "Best shot", value: true,
			about: "Whether tokens hold the best shot. It can be read over REST in any case.",
		},
		{
			at: &s.BestShotCrop, title: "Crop", value: CropFrame, oneOf: []string{CropFrame, CropFace},
			about: "frame: the whole picture. face: the face with hair and shoulders, a square of twice the size of the face. The " +
				"positions in the token are those in the whole picture in any case.",
		},
		{
			at: &s.BestShotMaxPixels, title: "Maximum size", high: maxPixels,
			about: "Pixels of the longer side, at least 64. Larger best shots are scaled down. 0: any size.",
		},
		{
			at: &s.BestShotMaxBytes, title: "Maximum file size", high: maxShotBytes,
			about: "Bytes of the file before base64, at least 4096. Larger best shots are compressed as JPEG, and scaled down if that is " +
				"not enough. 0: any size.",
		},
	}
}

// checks refuses limits in which nobody can be recognised.
func (s *TokenSettings) checks() (checks []error) {
	for _, limit := range []struct {
		path      string
		is, least int
	}{
		{"token.best_shot_max_pixels", s.BestShotMaxPixels, minShotPixels}, {"token.best_shot_max_bytes", s.BestShotMaxBytes, minShotBytes},
	} {
		if limit.is > 0 && limit.is < limit.least {
			checks = append(checks, invalid(limit.path, fmt.Sprintf("must be 0 or at least %d", limit.least)))
		}
	}
	return checks
}
