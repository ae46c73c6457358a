package sessions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// Presence is the claim of one edge on an open session. It is not safe for concurrent use.
type Presence struct {
	schemas.Presence
	Secret   string // that resumes the session, if the client may know it; see Key
	made     bool   // by this claim
	revision uint64
}

// ErrBusy is returned when a session is live on another socket.
var ErrBusy = errors.New("the session is live on another socket")

const (
	liveSession = "session."
	liveEdge    = "edge."
	edgeTTL     = 6 * time.Second
)

// EdgeBeat is the interval at which an edge calls BeatEdge. An edge silent for three beats counts as dead.
const EdgeBeat = edgeTTL / 3

func (s *Store) live() *streams.Bucket { return s.conn.Bucket(streams.BucketLive) }

// BeatEdge records that the edge is alive, with what others may know about it, in JSON.
func (s *Store) BeatEdge(ctx context.Context, edge string, about []byte) error {
	if _, err := s.live().Put(ctx, liveEdge+edge, about, edgeTTL); err != nil {
		return fmt.Errorf("record that edge %s is alive: %w", edge, err)
	}
	return nil
}

// Edges returns what the edges that are alive say about themselves, by name.
func (s *Store) Edges(ctx context.Context) (map[string][]byte, error) {
	values, err := s.live().List(ctx, liveEdge+"*")
	if err != nil {
		return nil, fmt.Errorf("list the edges: %w", err)
	}
	edges := map[string][]byte{}
	for _, v := range values {
		edges[strings.TrimPrefix(v.Key, liveEdge)] = v.Data
	}
	return edges, nil
}

// IsLive reports whether a session has a presence: a socket has it, or can still take it up.
func (s *Store) IsLive(ctx context.Context, session string) (bool, error) {
	_, err := s.live().Get(ctx, liveSession+session)
	if errors.Is(err, streams.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Claim marks the session as live on a socket of the edge, for ttl. The key is nil for who needs none: a client with the session's
// ticket, or a part of the server. The error is ErrKey if the key does not open the session, and ErrBusy while the session is live on
// another socket of a living edge.
func (s *Store) Claim(ctx context.Context, session, edge string, ttl time.Duration, key *Key) (*Presence, error) {
	p := &Presence{}
	v, err := s.live().Get(ctx, liveSession+session)
	switch {
	case errors.Is(err, streams.ErrNotFound):
		err = key.check(nil)
	case err != nil:
		return nil, fmt.Errorf("look up session %s: %w", session, err)
	default:
		if err := json.Unmarshal(v.Data, &p.Presence); err != nil {
			return nil, fmt.Errorf("read presence of %s: %w", session, err)
		}
		p.revision = v.Revision
		err = key.check(&p.Presence)
	}
	if err != nil {
		return nil, err
	}
	if p.Connected {
		if _, err := s.live().Get(ctx, liveEdge+p.Edge); err == nil {
			return nil, ErrBusy
		}
	}
	p.Edge, p.Connected = edge, true
	p.seal(key)
	if err := s.Refresh(ctx, session, p, ttl); err != nil {
		return nil, err
	}
	return p, nil
}

// Unclaim takes back a claim of which the client does not know: the session expires as if its socket had just closed.
func (s *Store) Unclaim(ctx context.Context, session string, p *Presence, ttl time.Duration) error {
	p.Connected = false
	if p.made {
		p.Resume = nil
	}
	return s.Refresh(ctx, session, p, ttl)
}

// Refresh keeps the session live for another ttl, with presence p. It returns ErrBusy when another edge has claimed it since.
func (s *Store) Refresh(ctx context.Context, session string, p *Presence, ttl time.Duration) error {
	value, err := json.Marshal(p.Presence)
	if err != nil {
		return fmt.Errorf("encode presence: %w", err)
	}
	revision, err := s.live().Update(ctx, liveSession+session, value, p.revision, ttl)
	if errors.Is(err, streams.ErrChanged) {
		return ErrBusy
	}
	if err == nil {
		p.revision = revision
	}
	return err
}

// Forget ends the session's presence without an expiry.
func (s *Store) Forget(ctx context.Context, session string) error {
	return s.live().Delete(ctx, liveSession+session)
}

// ConsumeExpired calls handle for each session whose presence expired. See streams.Conn.Consume.
func (s *Store) ConsumeExpired(ctx context.Context, w streams.Work, handle func(ctx context.Context, session string) error) error {
	w.Stream = streams.BucketStream(streams.BucketLive)
	return s.conn.Consume(ctx, w, func(ctx context.Context, d *streams.Delivery) error {
		if !d.Expired() || !strings.HasSuffix(d.Subject, liveSession+d.Session) {
			return nil
		}
		if live, err := s.IsLive(ctx, d.Session); live && err == nil {
			return nil // resumed in the meantime
		}
		return handle(ctx, d.Session)
	})
}
