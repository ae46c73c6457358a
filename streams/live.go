package streams

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
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
	if _, err := c.putLive(ctx, liveEdge+edge, []byte("{}"), edgeTTL, nil); err != nil {
		return fmt.Errorf("say that edge %s is alive: %w", edge, err)
	}
	return nil
}

// Claim makes the session live on a socket of the edge, for ttl. It is ErrBusy while the session is live on another
// socket of a living edge.
func (c *Conn) Claim(ctx context.Context, session, edge string, ttl time.Duration) (*Presence, error) {
	last := uint64(0)
	entry, err := c.live.Get(ctx, liveSession+session)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		if last, err = c.lastOfLiveKey(ctx, liveSession+session); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, Blame(Infrastructure, fmt.Errorf("look up session %s: %w", session, err))
	default:
		var p Presence
		if err := json.Unmarshal(entry.Value(), &p); err != nil {
			return nil, fmt.Errorf("read presence of %s: %w", session, err)
		}
		if p.Connected {
			if _, err := c.live.Get(ctx, liveEdge+p.Edge); err == nil {
				return nil, ErrBusy
			}
		}
		last = entry.Revision()
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
	p.revision, err = c.putLive(ctx, liveSession+session, value, ttl, &p.revision)
	return err
}

// Forget ends the session's presence at once, without an expiry.
func (c *Conn) Forget(ctx context.Context, session string) error {
	if err := c.live.Purge(ctx, liveSession+session, jetstream.PurgeTTL(time.Minute)); err != nil {
		return Blame(Infrastructure, fmt.Errorf("forget presence of %s: %w", session, err))
	}
	return nil
}

// putLive writes a key with a TTL, which the bucket's own Put cannot, and returns its revision.
func (c *Conn) putLive(ctx context.Context, key string, value []byte, ttl time.Duration, last *uint64) (uint64, error) {
	opts := []jetstream.PublishOpt{jetstream.WithMsgTTL(ttl)}
	if last != nil {
		opts = append(opts, jetstream.WithExpectLastSequencePerSubject(*last))
	}
	ack, err := c.js.PublishMsg(ctx, &nats.Msg{Subject: liveSubject(key), Data: value}, opts...)
	var api *jetstream.APIError
	if errors.As(err, &api) && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant) {
		if last == nil {
			return 0, err
		}
		return *last, ErrBusy
	}
	if err != nil {
		if last != nil {
			return *last, Blame(Infrastructure, fmt.Errorf("write live key %s: %w", key, err))
		}
		return 0, Blame(Infrastructure, fmt.Errorf("write live key %s: %w", key, err))
	}
	return ack.Sequence, nil
}

// lastOfLiveKey is the sequence of the marker that an expired or purged key left, 0 if none.
func (c *Conn) lastOfLiveKey(ctx context.Context, key string) (uint64, error) {
	s, err := c.js.Stream(ctx, liveStream)
	if err != nil {
		return 0, Blame(Infrastructure, fmt.Errorf("find the live bucket: %w", err))
	}
	msg, err := s.GetLastMsgForSubject(ctx, liveSubject(key))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, Blame(Infrastructure, fmt.Errorf("look up live key %s: %w", key, err))
	}
	return msg.Sequence, nil
}

const liveStream = "KV_" + bucketLive

func liveSubject(key string) string { return "$KV." + bucketLive + "." + key }

const (
	headerMarkerReason = "Nats-Marker-Reason"
	markerExpired      = "MaxAge"
)

// ConsumeExpired hands on every session whose presence expired. See Consume.
func (c *Conn) ConsumeExpired(ctx context.Context, w Work, handle func(ctx context.Context, session string) error) error {
	w.Stream = liveStream
	return c.Consume(ctx, w, func(ctx context.Context, d *Delivery) error {
		if d.Header.Get(headerMarkerReason) != markerExpired || !strings.HasSuffix(d.Subject, liveSession+d.Session) {
			return nil
		}
		if _, err := c.live.Get(ctx, liveSession+d.Session); err == nil {
			return nil // resumed in the meantime
		}
		return handle(ctx, d.Session)
	})
}
