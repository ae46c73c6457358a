package video

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/selene-liveness/selene/workers/video/stitch"
)

// A client that opens sessions and sends nothing fills no log.
func TestSessionsWithoutFramesAreNotLogged(t *testing.T) {
	before := slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	var log bytes.Buffer
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	countOutcome(sessionVideos, "s", "no frames", true, &stitch.NoFramesError{})
	if log.Len() > 0 {
		t.Errorf("a session without frames was logged: %s", &log)
	}
	countOutcome(sessionVideos, "s", "no image", true, &stitch.NoFramesError{Skipped: 1})
	if log.Len() == 0 {
		t.Error("a session whose frames could not be read was not logged")
	}
}
