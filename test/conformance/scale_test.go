package conformance

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
)

// BenchmarkProcesses judges the same faces with one process and then with two, one face at a time each. It reports their
// total faces per second and the CPU time per face: if that stays the same and two cores are free, two processes do nearly
// twice as many.
//
//	go test -run '^$' -bench Processes -benchtime 1x ./test/conformance
func BenchmarkProcesses(b *testing.B) {
	for _, s := range subjects() {
		if s.name != schemas.WorkerLiveness || s.missing != "" {
			continue
		}
		for _, processes := range []int{1, 2} {
			b.Run(fmt.Sprint(s.name, "=", processes), func(t *testing.B) { measure(t, s, processes) })
		}
	}
}

const measured = 400

func measure(t *testing.B, s subject, processes int) {
	b := newBench(t, s)
	b.concurrency = 1
	var running []*process
	for range processes {
		running = append(running, b.start(t))
	}
	b.registered(t)
	warm := b.face()
	b.send(t, warm)
	b.heard(t, warm.GetName().GetSession(), 1)
	b.settled(t)
	// All faces exist before the first is judged, so creating them is not measured.
	if _, err := b.js.PauseConsumer(b.ctx, faces, s.name, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	for n := range uint64(measured) {
		b.send(t, b.faceOf(uuid.NewString(), n%4+1, nil))
	}
	before, began := spent(t, running), time.Now()
	if _, err := b.js.ResumeConsumer(b.ctx, faces, s.name); err != nil {
		t.Fatal(err)
	}
	b.settled(t)
	t.ReportMetric(measured/time.Since(began).Seconds(), "faces/s")
	t.ReportMetric((spent(t, running)-before)*1000/measured, "cpu-ms/face")
}

// spent returns the CPU time of the processes in seconds.
func spent(t testing.TB, all []*process) (seconds float64) {
	t.Helper()
	const ticks = 100 // a second, on Linux
	for _, p := range all {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
		if err != nil {
			t.Fatal(err)
		}
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+2:])) // the first is the state
		for _, field := range fields[11:13] {                                     // user and system
			n, err := strconv.Atoi(field)
			if err != nil {
				t.Fatal(err)
			}
			seconds += float64(n) / ticks
		}
	}
	return seconds
}
