package attack

import (
	"bytes"
	"math"
	"testing"

	"github.com/selene-liveness/selene/deploy/tools/simulate"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/workertest"
)

// The same seed gives the same session, another seed another, and no two pictures of one are equal.
func TestDeterministic(t *testing.T) {
	m := workertest.Models(t, "zoo")
	photos := []*Photo{victim(t, m, "match/deepface/df03_img18.jpg", 256), victim(t, m, "video/real_lp_d_d10.mp4", 256)}
	for _, kind := range Kinds {
		session := func(seed uint64) (out [][]byte) {
			a := kind.New(photos, seed)
			for _, code := range []int32{schemas.CodeYawStart, schemas.CodeTurnLeft, schemas.CodeTurnLeft, schemas.CodeYawStart, schemas.CodeYawStart} {
				f, err := a.Next(simulate.Reply{Errors: []int32{code}})
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, f.Image)
			}
			return out
		}
		one, again, other := session(1), session(1), session(2)
		for i := range one {
			if !bytes.Equal(one[i], again[i]) || bytes.Equal(one[i], other[i]) {
				t.Errorf("%s: picture %d depends on something else than the seed", kind.Name, i)
			}
			if i > 0 && bytes.Equal(one[i], one[i-1]) {
				t.Errorf("%s: picture %d is the one before", kind.Name, i)
			}
		}
	}
}

// A head that turns to the subject's left shows its nose farther to the right of the picture; with the chin up, higher.
func TestTurn(t *testing.T) {
	nose, ear := point{100, 100, -50}, point{150, 100, 0}
	at := func(l Look) (p, q point) {
		l.Scale = 1
		out := turn([]point{nose, ear}, nil, point{100, 100, 0}, 100, l, nil)
		return out[0], out[1]
	}
	if p, q := at(Look{Yaw: 30}); p.X < 120 || q.X > 148 || q.Z < 20 {
		t.Errorf("turned to the left: nose %.0f, left ear %.0f", p, q)
	}
	if p, _ := at(Look{Pitch: 30}); p.Y > 80 {
		t.Errorf("chin up: nose %.0f", p)
	}
	if _, q := at(Look{Roll: 90}); math.Abs(q.X-100) > 1 || q.Y > 51 {
		t.Errorf("tilted to the right shoulder: left ear %.0f", q)
	}
}

// Warps leave the frame of the picture and, at rest, the photo as they are.
func TestMeshWarpAtRest(t *testing.T) {
	p := victim(t, workertest.Models(t, "zoo"), "match/deepface/df03_img18.jpg", 256)
	dst := blank(256, 256)
	newMeshWarp(p).paint(Look{Scale: 1}, &dst)
	if d := difference(&dst, &p.img); d > 1 {
		t.Errorf("mean difference from the photo %.2f levels, want none", d)
	}
	newMeshWarp(p).paint(Look{Scale: 1, Yaw: 40}, &dst)
	if d := difference(&dst, &p.img); d < 5 {
		t.Errorf("mean difference from the photo %.2f levels after a turn, want 5 or more", d)
	}
}

// The Delaunay triangles of a grid cover it exactly once.
func TestDelaunay(t *testing.T) {
	var points []point
	for i := range 100 {
		points = append(points, point{X: float64(i%10) + 0.01*math.Sin(float64(i*i)), Y: float64(i/10) + 0.01*math.Cos(float64(i*i*3))})
	}
	area := 0.0
	for _, f := range delaunay(points) {
		a, b, c := points[f[0]], points[f[1]], points[f[2]]
		area += abs((b.X-a.X)*(c.Y-a.Y)-(c.X-a.X)*(b.Y-a.Y)) / 2
	}
	if area < 80.5 || area > 81.5 {
		t.Errorf("area %.2f, want 81", area)
	}
}

func difference(a, b *vision.Image) float64 {
	sum := 0.0
	for i := range a.Pix {
		sum += abs(float64(a.Pix[i]) - float64(b.Pix[i]))
	}
	return sum / float64(len(a.Pix))
}
