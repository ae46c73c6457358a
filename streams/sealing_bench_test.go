package streams_test

import (
	"crypto/rand"
	"testing"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/seal"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// A frame of 60 KB is published and read back, sealed and as it is, by turns so that both meet the same machine.
func BenchmarkFrame(b *testing.B) {
	broker, ctx := streamstest.Broker(b, false), streamstest.Context(b)
	image := make([]byte, 60_000)
	rand.Read(image)
	session := uuid.NewString()
	for name, master := range map[string]*seal.Master{"sealed": streamstest.Master(), "plain": nil} {
		c, err := streams.Connect(ctx, streams.Options{Broker: broker, Master: master})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(c.Close)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				seq, err := c.PublishFrame(ctx, &schemas.Frame{
					Version: schemas.Version, Image: image, Name: &schemas.FrameName{Session: session, Nonce: uuid.NewString()},
				})
				if err != nil {
					b.Fatal(err)
				}
				if _, err := c.Stream(streams.Frames).At(ctx, seq); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
