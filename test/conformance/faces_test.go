package conformance

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
)

// face returns a face of a new session with the crops that the worker requested. Its frame is not stored.
func (b *bench) face() *schemas.Face { return b.faceOf(uuid.NewString(), 1, nil) }

// faceOf returns a session's next face, with the worker's own state.
func (b *bench) faceOf(session string, sequence uint64, own []byte) *schemas.Face {
	r := rand.New(rand.NewPCG(sequence, 7))
	opened := time.Now().UnixNano()
	box := &schemas.Rect{X: 200, Y: 120, Width: 200, Height: 240}
	f := &schemas.Face{
		Version: schemas.Version, Name: &schemas.FrameName{Session: session, Sequence: sequence, Nonce: "edge-1"}, Decider: deciderToken,
		ReceivedUnixNanos: opened + int64(sequence)*int64(300*time.Millisecond),
		State: &schemas.SessionState{
			SettingsRevision: b.rev, Seed: make([]byte, 16), Sequence: sequence - 1, OpenedUnixNanos: opened,
			Workers: map[string][]byte{"stranger": {1, 2, 3}}, Device: &schemas.Device{Camera: "Integrated Camera"},
		},
		Estimations: &schemas.Estimations{
			FramePosition: &schemas.FramePosition{Face: box, Frame: &schemas.Rect{Width: 640, Height: 480}, Margins: []int32{120, 240, 120, 200}},
			HeadPose:      &schemas.HeadPose{Yaw: r.Float64() * 5}, Eyes: &schemas.Eyes{Left: "open", Right: "open", State: "open", LeftAspectRatio: 0.3, RightAspectRatio: 0.3},
		},
		Landmarks: []float32{250, 200, 350, 200, 300, 250, 260, 300, 340, 300},
	}
	if own != nil {
		f.State.Workers[b.subject.name] = own
	}
	for _, c := range b.registration.Crops {
		f.Crops = append(f.Crops, &schemas.Crop{
			Name: b.subject.name + "/" + c.Name, Width: uint32(c.Width), Height: uint32(c.Height), Color: c.Color, Pixels: texture(r, c.Width, c.Height),
		})
	}
	return f
}

// texture returns a soft gradient with some noise, 3 bytes per pixel.
func texture(r *rand.Rand, width, height int) []byte {
	out := make([]byte, 0, 3*width*height)
	for y := range height {
		for x := range width {
			light := byte(100 + 60*x/width + 40*y/height + r.IntN(12))
			out = append(out, light, light-20, light-30)
		}
	}
	return out
}

// storeFrame stores a unique image as the frame in which the face was found.
func (b *bench) storeFrame(t testing.TB, f *schemas.Face, subject string) {
	t.Helper()
	session := uuid.MustParse(f.GetName().GetSession())
	r := rand.New(rand.NewPCG(f.GetName().GetSequence(), binary.BigEndian.Uint64(session[:])))
	img := image.NewRGBA(image.Rect(0, 0, 640, 480))
	for i, pixels := 0, texture(r, 640, 480); i < 640*480; i++ {
		img.SetRGBA(i%640, i/640, color.RGBA{pixels[3*i], pixels[3*i+1], pixels[3*i+2], 255})
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, nil); err != nil {
		t.Fatal(err)
	}
	data, err := schemas.Marshal(&schemas.Frame{
		Version: schemas.Version, Name: f.GetName(), MediaType: "image/jpeg", Image: out.Bytes(), ReceivedUnixNanos: f.GetReceivedUnixNanos(),
		Decider: f.GetDecider(), State: f.GetState(),
	})
	if err != nil {
		t.Fatal(err)
	}
	f.Frame = b.publish(t, subject, data, nil)
}
