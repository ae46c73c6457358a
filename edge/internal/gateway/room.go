package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/selene-liveness/selene/streams"
)

// A full stream of frames removes the oldest ones. While even these are younger than roomTime, a further session would cost those
// that are open their frames.
const (
	roomTime  = 5 * time.Minute
	nearlyAll = 0.9 // of the bytes of a stream that counts as full
)

// Why new sessions are refused.
var (
	errNoRoom  = errors.New("the frames of open sessions take all the room")
	errBacklog = errors.New("frames are not judged in time")
)

// lookForRoom notes whether there is room for the frames of new sessions.
func (g *Gateway) lookForRoom(ctx context.Context) {
	state, err := g.conn.Stream(streams.Frames).State(ctx)
	if err != nil {
		return // Writes reports a broker that does not answer
	}
	full := state.MaxBytes > 0 && float64(state.Bytes) > nearlyAll*float64(state.MaxBytes) && time.Since(state.Oldest) < roomTime
	if g.full.Swap(full) != full && full {
		slog.Warn("new sessions are refused, since their frames would displace those of open ones: raise SELENE_STREAMS_FRAMES_BYTES",
			"bytes", state.MaxBytes)
	}
}

// Room returns an error while new sessions are refused because the stream of frames is full of young ones, or because frames wait too
// long.
func (g *Gateway) Room() error {
	if g.full.Load() {
		return fmt.Errorf("%w; new sessions are refused until they are older than %v: raise SELENE_STREAMS_FRAMES_BYTES", errNoRoom, roomTime)
	}
	return g.Backlog()
}
