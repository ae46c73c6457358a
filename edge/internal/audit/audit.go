// Package audit stores and reads the log of changes.
package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// Log is the audit log of an installation. It is safe for concurrent use.
type Log struct {
	conn *streams.Conn
}

// New returns the audit log of an installation.
func New(conn *streams.Conn) *Log { return &Log{conn} }

var action = regexp.MustCompile(`^([a-z-]+)\.[a-z-]+$`)

// Add stores an entry.
func (l *Log) Add(ctx context.Context, e schemas.AuditEntry) error {
	section := action.FindStringSubmatch(e.Action)
	if section == nil {
		return fmt.Errorf("the action of an audit entry must be like section.verb, not %.40q", e.Action)
	}
	data, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode an audit entry: %w", err)
	}
	if _, err := l.conn.Publish(ctx, streams.Subject(streams.KindAudit, section[1]), data, streams.PublishOptions{}); err != nil {
		return fmt.Errorf("store an audit entry: %w", err)
	}
	return nil
}

// window is the number of entries read at once.
const window = 500

// Before returns entries stored before a sequence (0: the newest), newest first, and the sequence to continue before, which
// is 0 when there are no older ones. A window may be empty: continue until next is 0.
func (l *Log) Before(ctx context.Context, before uint64) (entries []streams.Stored[schemas.AuditEntry], next uint64, err error) {
	stream := l.conn.Stream(streams.Audit)
	state, err := stream.State(ctx)
	if err != nil {
		return nil, 0, err
	}
	first, end := max(state.First, 1), state.Last+1
	if before != 0 {
		end = min(end, before)
	}
	if state.Messages == 0 || end <= first {
		return nil, 0, nil
	}
	start := first
	if end-first > window {
		start = end - window
		next = start
	}
	for msg, err := range stream.Read(ctx, streams.Range{From: start, To: end - 1}) {
		if err != nil {
			return nil, 0, err
		}
		var e schemas.AuditEntry
		if err := json.Unmarshal(msg.Data, &e); err != nil {
			return nil, 0, streams.Blame(streams.Input, fmt.Errorf("decode audit entry %d: %w", msg.Sequence, err))
		}
		entries = append(entries, streams.Stored[schemas.AuditEntry]{Sequence: msg.Sequence, Message: e})
	}
	slices.Reverse(entries)
	return entries, next, nil
}
