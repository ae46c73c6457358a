// Package picturestest gives tests decoder processes, and pictures that do to these what no picture is known to do.
package picturestest

import (
	"bytes"
	"context"
	"os"
	"syscall"
	"testing"

	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/workers/pictures"
	"github.com/selene-liveness/selene/workers/vision"
)

// childEnv makes a test binary a decoder process.
const childEnv = "SELENE_TEST_DECODER"

// Main is what TestMain of a package with such tests calls: the test binary is also the decoder process.
func Main(m *testing.M) {
	if os.Getenv(childEnv) == "" {
		m.Run()
		return
	}
	if err := pictures.Serve(troubled{pictures.Here()}, os.Stdin, os.Stdout); err != nil {
		panic(err)
	}
}

// Options run decoder processes of a test binary with Main, for so many pictures at the same time.
func Options(n int) pictures.Options {
	return pictures.Options{Command: []string{"/proc/self/exe"}, Env: []string{childEnv + "=1"}, Pictures: n}
}

// Processes returns running processes, for so many pictures at the same time.
func Processes(t testing.TB, n int) *pictures.Processes {
	p := pictures.NewProcesses(Options(n))
	streamstest.Go(t, p.Run)
	return p
}

// Troubles are what is put into a file to make its decoder process do something.
const (
	Crash  = "trouble: crash"
	Spin   = "trouble: spin"
	Wait   = "trouble: wait"
	Memory = "trouble: memory"
)

// In returns a picture with a trouble in it, which other decoders take for a comment.
func In(jpeg []byte, trouble string) []byte {
	comment := append([]byte{0xff, 0xfe, 0, byte(2 + len(trouble))}, trouble...)
	return bytes.Join([][]byte{jpeg[:2], comment, jpeg[2:]}, nil)
}

// troubled decodes pictures and does what is in them.
type troubled struct{ pictures.Decoder }

func (d troubled) Decode(ctx context.Context, data []byte, img *vision.Image) error {
	cause(data)
	return d.Decoder.Decode(ctx, data, img)
}

func cause(data []byte) {
	switch has := func(trouble string) bool { return bytes.Contains(data, []byte(trouble)) }; {
	case has(Crash):
		_ = syscall.Kill(os.Getpid(), syscall.SIGSEGV)
		select {}
	case has(Spin):
		for spinning := true; spinning; {
			spinning = len(data) > 0
		}
	case has(Wait):
		select {}
	case has(Memory):
		for taken := [][]byte{}; len(taken) < 100; { // 6 GiB
			taken = append(taken, make([]byte, 64<<20))
		}
	}
}
