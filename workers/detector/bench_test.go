package detector

import (
	"testing"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/pictures"
	"github.com/selene-liveness/selene/workers/pictures/picturestest"
	"github.com/selene-liveness/selene/workers/workertest"
)

// What a frame costs a detector that decodes in its own process, and one that does it in another.
func BenchmarkLook(b *testing.B) {
	m := workertest.Models(b, "zoo")
	f := frame(workertest.JPEGs(b, workertest.Path(b, "video/real_lp_d_d10.mp4"), "fps=1,scale=960:540", 1)[0])
	for _, c := range []struct {
		name    string
		decoder pictures.Decoder
	}{{"here", pictures.Here()}, {"apart", picturestest.Processes(b, 1)}} {
		b.Run(c.name, func(b *testing.B) {
			l := newLens(m, c.decoder)
			for b.Loop() {
				if _, _, err := l.look(b.Context(), f, 1, schemas.DefaultSettings(), judged); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// What of it is decoding.
func BenchmarkDecode(b *testing.B) {
	f := frame(workertest.JPEGs(b, workertest.Path(b, "video/real_lp_d_d10.mp4"), "fps=1,scale=960:540", 1)[0])
	for _, c := range []struct {
		name    string
		decoder pictures.Decoder
	}{{"here", pictures.Here()}, {"apart", picturestest.Processes(b, 1)}} {
		b.Run(c.name, func(b *testing.B) {
			l := newLens(nil, c.decoder)
			for b.Loop() {
				if err := l.decoder.Decode(b.Context(), f.GetImage(), &l.image); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
