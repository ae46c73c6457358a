package simulate

import (
	"bytes"
	"image"
	"image/jpeg"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/workertest"
)

// swinging is a clip in which a head turns left, right, up and down and blinks, with rests between.
func swinging(t *testing.T) *clip {
	t.Helper()
	var file bytes.Buffer
	if err := jpeg.Encode(&file, image.NewYCbCr(image.Rect(0, 0, 64, 64), image.YCbCrSubsampleRatio420), nil); err != nil {
		t.Fatal(err)
	}
	c := &clip{file: "swinging", identity: "somebody", scale: 1}
	for i := range 20 * clipFPS {
		at := float64(i) / clipFPS
		f := frame{at: time.Duration(at * float64(time.Second)), file: file.Bytes()}
		f.Measures = Measures{Found: true, Posed: true, X: 0.5, Y: 0.5, Width: 0.4, Eyes: true, Ear: 0.3, Bright: 100, Sharp: 1}
		wave := max(0, math.Sin(math.Pi*at)) // every second second
		switch int(at) / 2 % 5 {
		case 0:
			f.Yaw = 40 * wave
		case 1:
			f.Yaw = -40 * wave
		case 2:
			f.Pitch = 35 * wave
		case 3:
			f.Pitch = -35 * wave
		case 4:
			f.Ear = 0.3 - 0.25*wave
		}
		c.frames = append(c.frames, f)
	}
	if !c.learn(workertest.Settings(t, `{}`)) {
		t.Fatal("nobody can be played from the clip")
	}
	return c
}

func TestEveryActionIsFound(t *testing.T) {
	c := swinging(t)
	for _, action := range []string{
		schemas.ActionBlink, schemas.ActionYawLeft, schemas.ActionYawRight, schemas.ActionPitchUp, schemas.ActionPitchDown,
	} {
		if len(c.segments[action]) == 0 {
			t.Errorf("no %s", action)
		}
	}
}

var requests = map[int32]func(frame) bool{
	schemas.CodeTurnLeft:  func(f frame) bool { return f.Yaw > 30 },
	schemas.CodeTurnRight: func(f frame) bool { return f.Yaw < -30 },
	schemas.CodeTurnUp:    func(f frame) bool { return f.Pitch > 25 },
	schemas.CodeTurnDown:  func(f frame) bool { return f.Pitch < -25 },
	schemas.CodeCloseEyes: func(f frame) bool { return f.Ear < 0.15 },
}

// People do what is asked, and the frames between two pictures of theirs are a way that their clip took.
func TestPeopleMoveAlongTheirClip(t *testing.T) {
	c := swinging(t)
	for seed := range uint64(40) {
		p := newPlayer(c, seeded(seed))
		p.habits.glance = time.Duration(seed%2) * time.Second
		before, reply := -1, Reply{}
		for code, done := range requests {
			reply.Errors = []int32{code}
			if seed%3 == 0 {
				reply.Errors = nil // rests in between
			}
			for n := 0; ; n++ {
				if n == 10 {
					reply.Errors = []int32{code}
				}
				if n == 200 {
					t.Fatalf("seed %d: %d was not done within %v", seed, code, p.now)
				}
				if _, err := p.Next(reply); err != nil {
					t.Fatal(err)
				}
				if before >= 0 && !p.clip.connected(before, p.at) {
					t.Fatalf("seed %d: jumped from frame %d to %d", seed, before, p.at)
				}
				before = p.at
				if done(c.frames[p.at]) {
					break
				}
			}
			p.now = 0
			p.reacts = 0
		}
	}
}

// connected reports whether one picture can follow another: at rest anywhere, along the clip, or from rest along the clip.
func (c *clip) connected(i, j int) bool {
	if i == j || c.isRun(i, j) {
		return true
	}
	return slices.ContainsFunc(c.home, func(k int) bool {
		return slices.Contains(c.home, i) && c.isRun(k, j) || slices.Contains(c.home, j) && c.isRun(i, k)
	})
}

func (c *clip) isRun(i, j int) bool {
	for _, k := range along(min(i, j), max(i, j)) {
		if !c.follows(k) {
			return false
		}
	}
	return max(i-j, j-i) <= clipFPS
}

func TestRecordingsAreCut(t *testing.T) {
	c := swinging(t)
	cast, err := cutFrom([]*clip{c}, 1)
	if err != nil {
		t.Fatal(err)
	}
	p, last := cast.Actor.(*player), time.Duration(-1)
	for range 30 {
		picture, err := p.Next(Reply{Errors: []int32{schemas.CodeTurnLeft}})
		if err != nil || picture.At <= last {
			t.Fatalf("at %v after %v: %v", picture.At, last, err)
		}
		if last = picture.At; c.frames[p.at].Yaw > 30 {
			return
		}
	}
	t.Error("the recording did not turn")
}
