package gateway

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/selene-liveness/selene/streams/sessions"
)

// keeper keeps a session's presence alive while its socket is open.
type keeper struct {
	presence *sessions.Presence
	quit     chan struct{}
	done     chan struct{}
}

// keep refreshes p three times in ttl until stop, and calls onLost if another socket has claimed the session.
func (g *Gateway) keep(id string, p *sessions.Presence, ttl time.Duration, onLost func()) *keeper {
	k := &keeper{presence: p, quit: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(k.done)
		tick := time.NewTicker(ttl / 3)
		defer tick.Stop()
		for {
			select {
			case <-k.quit:
				return
			case <-tick.C:
			}
			// Not cancelled by stop: without the answer, the current revision would be unknown.
			ctx, cancel := context.WithTimeout(context.Background(), brokerTimeout)
			err := g.sessions.Refresh(ctx, id, p, ttl)
			cancel()
			if errors.Is(err, sessions.ErrBusy) {
				onLost()
				return
			}
			if err != nil {
				slog.Warn("keep session alive", "session", id, "error", err)
			}
		}
	}()
	return k
}

// stop ends the refreshing and returns the presence.
func (k *keeper) stop() *sessions.Presence {
	close(k.quit)
	<-k.done
	return k.presence
}
