package security

import (
	"errors"
	"os"
	"testing"

	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/schemas/imagefile/imagefiletest"
	"github.com/selene-liveness/selene/workers/vision"
)

// Markers of frame headers of JPEG, and of segments that readers pass over in different ways.
const (
	baseline    = 0xc0
	lossless    = 0xc3
	jpegLS      = 0xf7
	reserved    = 0x02
	extension   = 0xf0
	application = 0xe5
	comment     = 0xfe
	tables      = 0xdb
)

// Files that cost far more than a picture, or that readers see differently, are refused at the door and by decoders alike.
func TestHostileImagesAreRefused(t *testing.T) {
	d := vision.NewDecoder(imagefile.MaxPixels)
	defer d.Close()
	for name, data := range map[string][]byte{
		"JPEG of 10,000 scans":                imagefiletest.ScanBomb(6324, 6324, 10_000, false),
		"JPEG of 10,000 scans, 1 MP":          imagefiletest.ScanBomb(1000, 1000, 10_000, false),
		"JPEG of 40 MP":                       imagefiletest.ScanBomb(6324, 6324, 2, false),
		"JPEG of 12 MP that is refined often": imagefiletest.ScanBomb(4096, 3072, 40, true),
		"JPEG of 100,000 tables":              imagefiletest.TableBomb(100_000),
		"JPEG-LS in a rest":                   imagefiletest.Hidden(tables, jpegLS, 16000, 16000, 8),
		"JPEG-LS in a reserved segment":       imagefiletest.Hidden(reserved, jpegLS, 16000, 16000, 8),
		"JPEG-LS in an extension":             imagefiletest.Hidden(extension, jpegLS, 16000, 16000, 8),
		"12 bits in a rest":                   imagefiletest.Hidden(tables, baseline, 16, 16, 12),
		"12 bits in a reserved segment":       imagefiletest.Hidden(reserved, baseline, 16, 16, 12),
		"lossless in a reserved segment":      imagefiletest.Hidden(reserved, lossless, 16000, 16000, 16),
		"PNG of 40 MP with 16 bits":           imagefiletest.PlainPNG(6324, 6324, 16, 6, false, 4),
		"PNG of 12 MP with 16 bits":           imagefiletest.PlainPNG(4096, 3072, 16, 6, false, 4),
		"PNG of 40 MP":                        imagefiletest.PlainPNG(6324, 6324, 1, 0, false, 0),
		"PNG of empty blocks":                 imagefiletest.BlockBomb(16, 16, 1<<20),
	} {
		if info, err := imagefile.Verify(data, 40_000_000); err == nil {
			t.Errorf("%s passes the door: %+v", name, info)
		}
		if err := d.Decode(data, new(vision.Image)); !errors.Is(err, vision.ErrUndecodable) {
			t.Errorf("%s is decoded: %v", name, err)
		}
	}
}

// What the pixels do not follow from costs nothing, and is not taken for another picture.
func TestAncillaryDataIsNotRead(t *testing.T) {
	d := vision.NewDecoder(imagefile.MaxPixels)
	defer d.Close()
	before := residentKiB(t, os.Getpid())
	for name, data := range map[string][]byte{
		"1 GiB in iCCP":      imagefiletest.InflatingPNG("iCCP", 1<<30),
		"1 GiB in zTXt":      imagefiletest.InflatingPNG("zTXt", 1<<30),
		"JPEG-LS in APP5":    imagefiletest.Hidden(application, jpegLS, 16000, 16000, 8),
		"JPEG-LS in COM":     imagefiletest.Hidden(comment, jpegLS, 16000, 16000, 8),
		"12 bits in APP5":    imagefiletest.Hidden(application, baseline, 16, 16, 12),
		"second size in COM": imagefiletest.Hidden(comment, baseline, 3000, 3000, 8),
	} {
		info, err := imagefile.Verify(data, imagefile.MaxPixels)
		if err != nil || info.Width != 16 || info.Height != 16 {
			t.Errorf("%s: %+v, %v", name, info, err)
		}
		var image vision.Image
		if err := d.Decode(data, &image); err != nil || image.Width != 16 || image.Height != 16 {
			t.Errorf("%s: decoded to %d x %d, %v", name, image.Width, image.Height, err)
		}
		if stripped := imagefile.AppendStripped(nil, data); len(stripped) > 2000 {
			t.Errorf("%s: decoders get %d of %d bytes", name, len(stripped), len(data))
		}
	}
	if grown := residentKiB(t, os.Getpid()) - before; grown > 100<<10 {
		t.Errorf("decoding small pictures took %d KiB", grown)
	}
}
