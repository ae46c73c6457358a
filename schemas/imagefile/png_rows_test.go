package imagefile_test

import (
	"errors"
	"testing"
	"time"

	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/schemas/imagefile/imagefiletest"
)

// A PNG that takes long to check is left to the decoder, and only that.
func TestRowsThatTakeLong(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"a bomb":        {imagefiletest.BlockBomb(1024, 1024, 2<<20), imagefile.ErrLong},
		"a cut picture": {imagefiletest.TruncatedPNG(64, 48, 40), imagefile.ErrTruncated},
		"a picture":     {imagefiletest.PNG(imagefiletest.Picture(64, 48)), nil},
	} {
		if err := imagefile.CheckRows(c.data, time.Time{}); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}
