package stitch

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strconv"
	"testing"
	"time"
)

// residentKiB returns the resident memory of this process.
func residentKiB(tb testing.TB) int {
	tb.Helper()
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		tb.Fatal(err)
	}
	pages, err := strconv.Atoi(string(bytes.Fields(data)[1]))
	if err != nil {
		tb.Fatal(err)
	}
	return pages * os.Getpagesize() / 1024
}

// Every return path of Stitch frees its C objects.
func TestMemoryIsReleased(t *testing.T) {
	images := markedSequence(t, 0, 4, 320, 240)
	images = append(images, images[0][:100], marked(t, 1, 100, 100))
	lost := errors.New("lost")
	round := func() {
		for _, c := range allCodecs {
			for _, end := range []error{io.EOF, lost} {
				frames := sourceOf(steady(time.Second, images...))
				_, err := Stitch(context.Background(), func(ctx context.Context) (Frame, error) {
					f, err := frames(ctx)
					if err != nil {
						return f, end
					}
					return f, nil
				}, Options{Codec: c, Path: outPath(t, c)})
				if (err != nil) != errors.Is(end, lost) {
					t.Fatal(err)
				}
			}
		}
	}
	// Allocators keep a varying part of freed memory; a leak grows every time.
	const batches, rounds, files = 5, 4, 4 * 6
	least := 1 << 30
	for range batches {
		before := residentKiB(t)
		for range rounds {
			round()
		}
		least = min(least, residentKiB(t)-before)
	}
	if least > files*64 { // a picture alone is more
		t.Errorf("%d files take at least %d KiB more memory each time", files, least)
	}
}

// The limit for an encoder process and a session of small pictures, of any length: the program and the libraries (about
// 60 MiB), the encoder, and the few pictures in progress.
const (
	memoryBound  = 128 << 20
	memoryGrowth = 12 << 20
)

func TestManyFramesInBoundedMemory(t *testing.T) {
	many := 10_000
	if testing.Short() {
		many = 2_000
	}
	images := markedSequence(t, 0, 64, 96, 72)
	forAllCodecs(t, func(t *testing.T, c Codec) {
		peak := func(n int) int64 {
			i := 0
			res, usage, err := testEncoder().Stitch(context.Background(), func(context.Context) (Frame, error) {
				if i++; i > n {
					return Frame{}, io.EOF
				}
				return Frame{Image: images[i%len(images)], At: testStart.Add(time.Duration(i) * 100 * time.Millisecond)}, nil
			}, Options{Codec: c, Path: outPath(t, c)}, nil)
			if err != nil || res.Frames != n {
				t.Fatalf("%+v, %v", res, err)
			}
			return usage.PeakRSS
		}
		few, most := peak(500), peak(many)
		t.Logf("%d KiB for 500 frames, %d KiB for %d", few/1024, most/1024, many)
		if most > memoryBound || most > few+memoryGrowth {
			t.Errorf("%d frames took %d KiB, 500 took %d KiB", many, most/1024, few/1024)
		}
	})
}
