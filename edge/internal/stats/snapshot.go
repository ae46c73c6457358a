package stats

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"time"

	"github.com/selene-liveness/selene/streams"
)

// snapshotVersion changes whenever the counting changes.
const snapshotVersion = 1

// snapshotKey is the key of the only snapshot.
const snapshotKey = "counters"

const (
	maxSnapshot = 256 << 20                  // bytes of an uncompressed snapshot
	maxStored   = streams.MaxPayload - 1<<20 // bytes of a compressed snapshot
)

// snapshot is counters and the streams from which they were counted.
type snapshot struct {
	Version  int       `json:"version"`
	Erasures uint64    `json:"erasures"` // as in counting
	Made     madeAt    `json:"made"`
	Counters *counters `json:"counters"`
}

// madeAt distinguishes streams from earlier ones of the same name.
type madeAt struct {
	Decisions time.Time `json:"decisions"`
	Sessions  time.Time `json:"sessions"`
}

// load returns the stored counting, or nil if there is none that these streams continue.
func (s *Stats) load(ctx context.Context, decisions, sessions streams.StreamState) *counting {
	stored, err := s.bucket.Get(ctx, snapshotKey)
	if errors.Is(err, streams.ErrNotFound) || ctx.Err() != nil {
		return nil
	}
	var read snapshot
	if err == nil {
		err = unpack(stored.Data, &read)
	}
	if err != nil {
		slog.Warn("load statistics: counting from the beginning", "error", err)
		return nil
	}
	c := read.Counters
	switch {
	case read.Version != snapshotVersion || c == nil,
		!read.Made.Decisions.Equal(decisions.Made) || !read.Made.Sessions.Equal(sessions.Made),
		c.Decisions > decisions.Last || c.Sessions > sessions.Last,
		c.Decisions+1 < decisions.First || c.Sessions+1 < sessions.First: // messages in between are gone
		return nil
	}
	c.revive(decisions.MaxAge)
	return &counting{counters: c, made: read.Made, erasures: read.Erasures}
}

func unpack(data []byte, into *snapshot) error {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err == nil {
		err = json.NewDecoder(io.LimitReader(r, maxSnapshot)).Decode(into)
	}
	if err != nil {
		return fmt.Errorf("decompress stored statistics: %w", err)
	}
	return nil
}

// revive sets the fields that are not stored.
func (c *counters) revive(retention time.Duration) {
	c.retention = retention
	if c.Hours == nil {
		c.Hours = map[int64]*hour{}
	}
	if c.Going == nil {
		c.Going = map[string]*going{}
	}
	for at, h := range c.Hours {
		c.newest = max(c.newest, at)
		if h == nil {
			h = &hour{}
			c.Hours[at] = h
		}
		if h.Outcomes == nil {
			h.Outcomes = map[string]*cell{}
		}
	}
}

func (c *counters) clone() *counters {
	out := *c
	out.Hours, out.Going = make(map[int64]*hour, len(c.Hours)), make(map[string]*going, len(c.Going))
	for at, h := range c.Hours {
		copied := &hour{h.Opened, make(map[string]*cell, len(h.Outcomes))}
		for outcome, from := range h.Outcomes {
			to := *from
			to.Codes = maps.Clone(from.Codes)
			to.PerSession, to.FrameMS, to.SessionS = from.PerSession.clone(), from.FrameMS.clone(), from.SessionS.clone()
			copied.Outcomes[outcome] = &to
		}
		out.Hours[at] = copied
	}
	for key, from := range c.Going {
		to := *from
		to.Codes, to.FrameMS = maps.Clone(from.Codes), from.FrameMS.clone()
		out.Going[key] = &to
	}
	return &out
}

// save stores the current counting.
func (s *Stats) save(ctx context.Context) error {
	s.mu.Lock()
	c := s.current
	if c == nil || !c.complete() || c.stale || c.saved == c.Decisions+c.Sessions {
		s.mu.Unlock()
		return nil
	}
	c.saved = c.Decisions + c.Sessions
	now := snapshot{snapshotVersion, c.erasures, c.made, c.clone()} // compressing takes longer than others should wait
	s.mu.Unlock()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	err := json.NewEncoder(w).Encode(now)
	if err = errors.Join(err, w.Close()); err != nil {
		return fmt.Errorf("compress statistics: %w", err)
	}
	if packed.Len() > maxStored {
		return fmt.Errorf(
			"store statistics: the counters take %d bytes, a message holds %d; they are counted again after each start",
			packed.Len(),
			maxStored,
		)
	}
	_, err = s.bucket.Put(ctx, snapshotKey, packed.Bytes(), 0)
	return err
}
