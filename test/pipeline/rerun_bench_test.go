package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/recording"
	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/liveness"
	"github.com/selene-liveness/selene/workers/matcher"
	"github.com/selene-liveness/selene/workers/rerun"
	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/workertest"
)

// BenchmarkRerun reruns recorded sessions, alternating with the same frames passed straight to the networks from as many
// goroutines as there are cores. It reports frames per second of both, the ratio of the first to the second ("of-inference"),
// and the same ratio of CPU time ("of-inference-cpu"), which other load on the machine affects less.
func BenchmarkRerun(b *testing.B) {
	const settings = `{"virtual_camera_checker":{"is_enabled":false},"session":{"max_attempts":-1,"max_liveness_attempts":-1,"aggregate_frames":30,"previous_face_similarity":0.01},"active_liveness":{"is_enabled":false},
		"thresholds":{"mouth_states":["smile","opened","occluded"],"liveness":0},"workers":[{"name":"liveness","required":true},{"name":"matcher","required":true}]}`
	m := workertest.Models(b, "zoo")
	conn := installation(b, settings)
	startProduct(b, conn, m)
	var all [][]byte
	for _, clip := range []string{"real_lp_d_d0.mp4", "real_lp_d_d3.mp4", "real_lp_d_d9.mp4", "real_lp_d_d10.mp4", "real_lp_d_d18.mp4"} {
		c := connect(b, conn)
		for _, image := range workertest.Clip(b, clip, 8, 24) {
			if c.judge(image).GetOutcome().Terminal() {
				break
			}
		}
		all = append(all, bundle(b, c))
	}
	for _, c := range []struct {
		name    string
		bundles [][]byte
		jobs    int
	}{
		{"sessions", all, 2 * runtime.NumCPU()}, {"one session", all[:1], 2 * runtime.NumCPU()}, {"frame by frame", all[:1], 1},
	} {
		b.Run(c.name, func(b *testing.B) {
			var parts, cpuParts, again, pure []float64
			for b.Loop() {
				start := cpuTime(b)
				frames, took := rerunAll(b, conn, c.bundles, c.jobs)
				half := cpuTime(b)
				networks := inferAll(b, m, c.bundles)
				again, pure = append(again, frames/took.Seconds()), append(pure, frames/networks.Seconds())
				parts = append(parts, networks.Seconds()/took.Seconds())
				cpuParts = append(cpuParts, (cpuTime(b)-half).Seconds()/(half-start).Seconds())
			}
			b.ReportMetric(median(again), "frames/s")
			b.ReportMetric(median(pure), "inferred/s")
			b.ReportMetric(median(parts), "of-inference")
			b.ReportMetric(median(cpuParts), "of-inference-cpu")
		})
	}
}

// cpuTime returns the CPU time that this process has used.
func cpuTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func median(of []float64) float64 {
	slices.Sort(of)
	return of[len(of)/2]
}

func recordings(b *testing.B, bundles [][]byte) iter.Seq2[*rerun.Recording, error] {
	return func(yield func(*rerun.Recording, error) bool) {
		for _, data := range bundles {
			bundle, err := recording.Receive(bytes.NewReader(data), recording.MaxBytes)
			if err != nil {
				b.Error(err)
				return
			}
			if !yield(rerun.FromBundle(bundle)) {
				return
			}
		}
	}
}

func rerunAll(b *testing.B, conn *streams.Conn, bundles [][]byte, jobs int) (frames float64, took time.Duration) {
	begun := time.Now()
	err := rerun.New(conn, rerun.Options{Jobs: jobs}).Do(streamstest.Context(b), recordings(b, bundles), func(r *rerun.Result) error {
		if !r.Identical() {
			return fmt.Errorf("session %s is not what it was", r.Session)
		}
		frames += float64(r.Frames)
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return frames, time.Since(begun)
}

// inferAll decodes and measures each frame, and judges those that were judged in the recording.
func inferAll(b *testing.B, m *vision.Models, bundles [][]byte) time.Duration {
	live, match := liveness.New(m), matcher.New(m)
	type task struct {
		image  []byte
		judged bool
	}
	var tasks []task
	for rec, err := range recordings(b, bundles) {
		if err != nil {
			b.Fatal(err)
		}
		for _, step := range rec.Steps {
			f, err := rec.Image(context.Background(), step)
			if err != nil {
				b.Fatal(err)
			}
			tasks = append(tasks, task{f.GetImage(), step.Verdicts[schemas.WorkerMatcher] != nil})
		}
		if err := rec.Close(); err != nil {
			b.Fatal(err)
		}
	}
	queue := make(chan task)
	var group errgroup.Group
	begun := time.Now()
	for range runtime.NumCPU() {
		group.Go(func() error {
			decoder := vision.NewDecoder(imagefile.MaxPixels)
			defer decoder.Close()
			var image vision.Image
			var found []vision.Detection
			var measured vision.Measurement
			var first error
			for t := range queue {
				if err := infer(m, decoder, &image, &found, &measured, t.image, t.judged, live, match); err != nil && first == nil {
					first = err
				}
			}
			return first
		})
	}
	for _, t := range tasks {
		queue <- t
	}
	close(queue)
	if err := group.Wait(); err != nil {
		b.Fatal(err)
	}
	return time.Since(begun)
}

func infer(m *vision.Models, decoder *vision.Decoder, image *vision.Image, found *[]vision.Detection, measured *vision.Measurement, data []byte, judged bool, judges ...workers.Worker) error {
	err := decoder.Decode(data, image)
	if err == nil {
		*found, err = m.Detect(image, *found)
	}
	if err != nil || len(*found) == 0 {
		return err
	}
	face := (*found)[0]
	if err := m.Measure(image, face, measured); err != nil || !judged {
		return err
	}
	for _, judge := range judges {
		f := &schemas.Face{Estimations: &schemas.Estimations{HeadPose: &schemas.HeadPose{Yaw: float64(measured.Yaw), Pitch: float64(measured.Pitch)}}}
		for _, crop := range judge.(workers.Cropper).Crops() {
			f.Crops = append(f.Crops, workertest.Cut(image, face, judge.Name(), crop))
		}
		if _, err := judge.Judge(context.Background(), f, workers.State{Settings: schemas.DefaultSettings()}); err != nil {
			return err
		}
	}
	return nil
}
