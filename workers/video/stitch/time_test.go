package stitch

import (
	"context"
	"image"
	"io"
	"slices"
	"testing"
	"time"
)

// tick returns the unit of time of c's container, plus a margin for the six digits of ffprobe.
func tick(c Codec) time.Duration {
	return time.Second/time.Duration(profiles[c].timeBase) + 2*time.Microsecond
}

// Ten minutes of sparse frames, at times that are not multiples of the container's tick.
func TestLongVideosKeepTime(t *testing.T) {
	long := 10 * time.Minute
	if testing.Short() {
		long = 3 * time.Minute
	}
	const w, h = 64, 64
	images := markedSequence(t, 0, 64, w, h)
	const step = 500*time.Millisecond + 333_333
	n := int(long/step) + 1
	frames := make([]Frame, n)
	for i := range frames {
		frames[i] = Frame{Image: images[i%len(images)], At: testStart.Add(time.Duration(i) * step)}
	}
	forAllCodecs(t, func(t *testing.T, c Codec) {
		for _, rate := range []int{0, 20} {
			path := outPath(t, c)
			res := mustStitch(t, frames, Options{Codec: c, Path: path, FrameRate: rate, Threads: 1})
			p := probe(t, path)
			if want := time.Duration(n) * step; (p.duration-want).Abs() > 50*time.Millisecond || (res.Duration-want).Abs() > 50*time.Millisecond {
				t.Errorf("rate %d: it lasts %v, by the result %v, want %v", rate, p.duration, res.Duration, want)
			}
			marks := marksIn(t, path, w, h, image.Rect(0, 0, w, h))
			if rate == 0 {
				for i, pts := range p.pts {
					if want := time.Duration(i) * step; (pts - want).Abs() > tick(c) {
						t.Fatalf("frame %d is shown at %v, arrived at %v", i, pts, want)
					}
				}
				if len(p.pts) != n || len(marks) != n || marks[n-1] != (n-1)%len(images) {
					t.Errorf("%d frames in, %d out", n, len(p.pts))
				}
				continue
			}
			checkConstantRate(t, frames, len(images), rate, p, marks, tick(c))
			if res.Frames != len(p.pts) || res.Frames != n+res.Repeated-res.Dropped || res.Dropped != 0 {
				t.Errorf("%d frames are in the file: %+v", len(p.pts), res)
			}
		}
	})
}

// checkConstantRate checks that the pictures are one slot apart, and that each frame starts within one slot of its arrival.
func checkConstantRate(t *testing.T, frames []Frame, marksCount, rate int, p probed, marks []int, tick time.Duration) {
	t.Helper()
	slot := time.Second / time.Duration(rate)
	for i, pts := range p.pts {
		if want := time.Duration(i) * time.Second / time.Duration(rate); (pts - want).Abs() > tick {
			t.Fatalf("picture %d is shown at %v, want %v", i, pts, want)
		}
	}
	next := 0
	for i, mark := range marks {
		for next == 0 || mark != (next-1)%marksCount {
			if next == len(frames) {
				t.Fatalf("picture %d has the mark %d, after the last frame", i, mark)
			}
			next++
		}
		at := frames[next-1].At.Sub(frames[0].At)
		if i > 0 && marks[i-1] == mark {
			continue
		}
		if d := (p.pts[i] - at).Abs(); d > slot {
			t.Errorf("frame %d is shown at %v, arrived at %v", next-1, p.pts[i], at)
		}
	}
}

// More frames than the rate allows, gaps, and frames that arrived at the same time.
func TestConstantRateDropsAndRepeats(t *testing.T) {
	const w, h, n, rate = 64, 64, 60, 10
	gaps := []time.Duration{20 * time.Millisecond, 30 * time.Millisecond, 0, 350 * time.Millisecond, 100 * time.Millisecond, -time.Millisecond, 3 * time.Second}
	var frames []Frame
	at := testStart
	for i := range n {
		frames = append(frames, Frame{Image: marked(t, i, w, h), At: at})
		at = at.Add(gaps[i%len(gaps)])
	}
	forAllCodecs(t, func(t *testing.T, c Codec) {
		path := outPath(t, c)
		res := mustStitch(t, frames, Options{Codec: c, Path: path, FrameRate: rate, Threads: 1})
		p := probe(t, path)
		marks := marksIn(t, path, w, h, image.Rect(0, 0, w, h))
		checkConstantRate(t, frames, n, rate, p, marks, tick(c))
		shown := slices.Compact(slices.Clone(marks))
		if len(shown) != n-res.Dropped || !slices.IsSorted(shown) || res.Dropped == 0 || shown[len(shown)-1] != n-1 {
			t.Errorf("%+v, shown are %v", res, shown)
		}
		if res.Frames != len(marks) || len(marks) != n+res.Repeated-res.Dropped {
			t.Errorf("%d pictures are in the file: %+v", len(marks), res)
		}
		if res.Duration != time.Duration(len(marks))*time.Second/rate || (p.duration-res.Duration).Abs() > tick(c) {
			t.Errorf("%d pictures last %v, by the result %v", len(marks), p.duration, res.Duration)
		}
	})
}

// The file is as long as the session, to half a slot, regardless of the time of its last frame.
func TestConstantRateEndsInTime(t *testing.T) {
	const w, h, step = 64, 64, time.Second / 15
	images := markedSequence(t, 0, 20, w, h)
	for n := 1; n <= len(images); n++ {
		var frames []Frame
		for i := range n {
			frames = append(frames, Frame{Image: images[i], At: testStart.Add(time.Duration(i) * step)})
		}
		path := outPath(t, VP9)
		res := mustStitch(t, frames, Options{Codec: VP9, Path: path, FrameRate: 5, Threads: 1})
		want := time.Duration(max(1, (2*n+3)/6)) * time.Second / 5
		if p := probe(t, path); res.Duration != want || len(p.pts) != res.Frames || (p.duration-want).Abs() > tick(VP9) {
			t.Errorf("%d frames last %v and %v, want %v: %+v", n, res.Duration, p.duration, want, res)
		}
		if res.Frames != n+res.Repeated-res.Dropped {
			t.Errorf("%d frames: %+v", n, res)
		}
	}
}

// A gap of a day is many pictures; cancelling must not wait for them.
func TestConstantRateCanBeCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	img := marked(t, 1, 64, 64)
	n := 0
	_, err := Stitch(ctx, func(context.Context) (Frame, error) {
		switch n++; n {
		case 3:
			time.AfterFunc(50*time.Millisecond, cancel)
			return Frame{}, io.EOF
		default:
			return Frame{Image: img, At: testStart.Add(time.Duration(n) * 24 * time.Hour)}, nil
		}
	}, Options{Codec: H264, Path: outPath(t, H264), FrameRate: 60})
	if err == nil {
		t.Error("a day was encoded")
	}
}
