package video_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/selene-liveness/selene/workers/video/stitch"
)

// The test binary is also the encoder process. Environment variables set its behaviour.
const (
	encoderEnv = "SELENE_TEST_ENCODER" // folder through which the test and its encoders exchange files
	pidFile    = "pid."                // of an encoder, followed by its process ID
	holdFile   = "hold"                // encoders wait while it exists, after reading some of the job
	dieFile    = "die"                 // holds the number of encoders that still have to kill themselves midway
)

func TestMain(m *testing.M) {
	dir := os.Getenv(encoderEnv)
	if dir == "" {
		m.Run()
		return
	}
	if err := encode(dir); err != nil {
		panic(err)
	}
}

// encode runs an encoder that can be stopped in the middle of its work.
func encode(dir string) error {
	if err := os.WriteFile(filepath.Join(dir, pidFile+strconv.Itoa(os.Getpid())), nil, 0o600); err != nil {
		return err
	}
	return stitch.Serve(context.Background(), &troubled{Reader: os.Stdin, dir: dir}, os.Stdout)
}

// troubled reads a job, and after the first part of it waits or dies, as its environment says.
type troubled struct {
	io.Reader
	dir  string
	read int
	met  bool
}

const troubleAfter = 40 << 10 // bytes: some frames

func (r *troubled) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if r.read += n; r.met || r.read < troubleAfter && err == nil {
		return n, err
	}
	r.met = true
	if left, rerr := os.ReadFile(filepath.Join(r.dir, dieFile)); rerr == nil {
		if deaths, aerr := strconv.Atoi(string(left)); aerr == nil && deaths > 0 {
			if werr := os.WriteFile(filepath.Join(r.dir, dieFile), []byte(strconv.Itoa(deaths-1)), 0o600); werr != nil {
				return 0, werr
			}
			self, ferr := os.FindProcess(os.Getpid())
			if ferr != nil {
				return 0, ferr
			}
			return 0, fmt.Errorf("killed: %w", self.Kill())
		}
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		if _, herr := os.Stat(filepath.Join(r.dir, holdFile)); herr != nil {
			return n, err
		}
		<-tick.C
	}
}

// encoder returns an Encoder whose processes use dir.
func encoder(t testing.TB, dir string) stitch.Encoder {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return stitch.Encoder{Command: []string{self}, Env: []string{encoderEnv + "=" + dir}}
}
