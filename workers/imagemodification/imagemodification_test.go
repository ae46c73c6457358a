package imagemodification_test

import (
	"bytes"
	"image"
	"image/draw"
	"image/jpeg"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/imagemodification"
	"github.com/selene-liveness/selene/workers/pictures"
	"github.com/selene-liveness/selene/workers/workertest"
)

func decode(t *testing.T, data []byte) image.Image {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func encode(t *testing.T, img image.Image, quality int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// pasted puts the pixels of a rectangle, which were compressed with another quality, back into a picture.
func pasted(t *testing.T, img image.Image, face image.Rectangle, quality int) []byte {
	t.Helper()
	out := image.NewRGBA(img.Bounds())
	draw.Draw(out, out.Bounds(), img, image.Point{}, draw.Src)
	draw.Draw(out, face, decode(t, encode(t, img, quality)), face.Min, draw.Src)
	return encode(t, out, 95)
}

func TestJudge(t *testing.T) {
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	photo := workertest.Picture(t, "conditions/frontal_zub.jpg")
	face := image.Rect(370, 130, 590, 430)
	edited := pasted(t, decode(t, photo), face, 60)
	exif := append([]byte("\xff\xd8\xff\xe1\x00\x1cExif\x00\x00Adobe Photoshop CC\x00\x00"), photo[2:]...)
	for name, c := range map[string]struct {
		image    []byte
		settings string
		errors   []int32
		scored   bool
	}{
		"original":        {photo, `{"thresholds":{"image_modification":0.5}}`, nil, true},
		"saved again":     {encode(t, decode(t, photo), 92), `{"thresholds":{"image_modification":0.5}}`, nil, true},
		"edited":          {edited, `{"thresholds":{"image_modification":0.5}}`, []int32{schemas.CodeImageModified}, true},
		"edited, strict":  {edited, `{"thresholds":{"image_modification":1}}`, []int32{schemas.CodeImageModified}, true},
		"names an editor": {exif, `{"thresholds":{"image_modification":0.1}}`, []int32{schemas.CodeImageModified}, true},
		"off":             {edited, `{}`, nil, false},
		"no background":   {encode(t, image.NewGray(image.Rect(0, 0, 200, 200)), 90), `{"thresholds":{"image_modification":0.5}}`, []int32{schemas.CodeImageModificationNone}, false},
		"not a JPEG":      {[]byte("\x89PNG\r\n\x1a\n"), `{"thresholds":{"image_modification":0.5}}`, []int32{schemas.CodeImageModificationNone}, false},
	} {
		frame := &schemas.FrameName{Session: uuid.NewString(), Sequence: 1, Nonce: "n"}
		stored, err := conn.PublishFrame(ctx, &schemas.Frame{Version: schemas.Version, Name: frame, Image: c.image})
		if err != nil {
			t.Fatal(err)
		}
		f := &schemas.Face{Version: schemas.Version, Name: frame, Frame: stored, Estimations: &schemas.Estimations{FramePosition: &schemas.FramePosition{
			Face: &schemas.Rect{X: int32(face.Min.X), Y: int32(face.Min.Y), Width: int32(face.Dx()), Height: int32(face.Dy())},
		}}}
		v, err := imagemodification.New(sessions.New(conn), pictures.Here()).Judge(ctx, f, workers.State{Settings: workertest.Settings(t, c.settings)})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !slices.Equal(v.GetErrors(), c.errors) || (v.GetEstimations().ImageModification != nil) != c.scored {
			t.Errorf("%s: errors %v, score %v", name, v.GetErrors(), v.GetEstimations().ImageModification)
		}
		if s := v.GetEstimations().GetImageModification(); s < 0 || s > 1 {
			t.Errorf("%s: score %v", name, s)
		}
	}
	f := &schemas.Face{Version: schemas.Version, Name: &schemas.FrameName{}, Frame: 1_000_000}
	v, err := imagemodification.New(sessions.New(conn), pictures.Here()).Judge(ctx, f, workers.State{Settings: workertest.Settings(t, `{"thresholds":{"image_modification":0.5}}`)})
	if err != nil || !slices.Equal(v.GetErrors(), []int32{schemas.CodeImageModificationNone}) {
		t.Errorf("a frame that does not exist: %v, %v", v, err)
	}
	stored, err := conn.PublishFrame(ctx, &schemas.Frame{Version: schemas.Version, Name: &schemas.FrameName{Session: uuid.NewString(), Sequence: 1}, Image: photo[:len(photo)/2]})
	if err != nil {
		t.Fatal(err)
	}
	f.Frame = stored
	_, err = imagemodification.New(sessions.New(conn), pictures.Here()).Judge(ctx, f, workers.State{Settings: workertest.Settings(t, `{"thresholds":{"image_modification":0.5}}`)})
	if err == nil || streams.FaultOf(err) != streams.Input {
		t.Errorf("half an image: %v", err)
	}
}
