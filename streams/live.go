package streams

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Presence is what the live bucket holds of an open session. The key's expiry is what ends a session that went silent.
type Presence struct {
	Edge      string `json:"edge"`      // who has, or had, the socket
	Connected bool   `json:"connected"` // whether the socket is open

	revision uint64
}

// ErrBusy is returned when a session is live on another socket.
var ErrBusy = errors.New("the session is live on another socket")

const (
	liveSession = "session."
	liveEdge    = "edge."
	edgeTTL     = 6 * time.Second
)

// EdgeBeat is how often an edge calls BeatEdge. An edge silent for three beats counts as dead.
const EdgeBeat = edgeTTL / 3

// BeatEdge says that the edge is alive.
func (c *Conn) BeatEdge(ctx context.Context, edge string) error {
	if _, err := c.Bucket(BucketLive).Put(ctx, liveEdge+edge, []byte("{}"), edgeTTL); err != nil {
		return fmt.Errorf("say that edge %s is alive: %w", edge, err)
	}
	return nil
}

// Claim makes the session live on a socket of the edge, for ttl. It is ErrBusy while the session is live on another
// socket of a living edge.
func (c *Conn) Claim(ctx context.Context, session, edge string, ttl time.Duration) (*Presence, error) {
	last := uint64(0)
	v, err := c.Bucket(BucketLive).Get(ctx, liveSession+session)
	switch {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return nil, fmt.Errorf("look up session %s: %w", session, err)
	default:
		var p Presence
		if err := json.Unmarshal(v.Data, &p); err != nil {
			return nil, fmt.Errorf("read presence of %s: %w", session, err)
		}
		if p.Connected {
			if _, err := c.Bucket(BucketLive).Get(ctx, liveEdge+p.Edge); err == nil {
				return nil, ErrBusy
			}
		}
		last = v.Revision
	}
	p := &Presence{Edge: edge, Connected: true, revision: last}
	if err := c.Refresh(ctx, session, p, ttl); err != nil {
		return nil, err
	}
	return p, nil
}

// Refresh keeps the session live for another ttl, as p says. It is ErrBusy when somebody else has claimed it since.
func (c *Conn) Refresh(ctx context.Context, session string, p *Presence, ttl time.Duration) error {
	value, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("encode presence: %w", err)
	}
	revision, err := c.Bucket(BucketLive).Update(ctx, liveSession+session, value, p.revision, ttl)
	if errors.Is(err, ErrChanged) {
		return ErrBusy
	}
	if err == nil {
		p.revision = revision
	}
	return err
}

// Forget ends the session's presence at once, without an expiry.
func (c *Conn) Forget(ctx context.Context, session string) error {
	return c.Bucket(BucketLive).Delete(ctx, liveSession+session)
}

// ConsumeExpired hands on every session whose presence expired. See Consume.
func (c *Conn) ConsumeExpired(ctx context.Context, w Work, handle func(ctx context.Context, session string) error) error {
	w.Stream = BucketStream(BucketLive)
	return c.Consume(ctx, w, func(ctx context.Context, d *Delivery) error {
		if d.Header.Get(headerMarkerReason) != markerExpired || !strings.HasSuffix(d.Subject, liveSession+d.Session) {
			return nil
		}
		if _, err := c.Bucket(BucketLive).Get(ctx, liveSession+d.Session); err == nil {
			return nil // resumed in the meantime
		}
		return handle(ctx, d.Session)
	})
}
