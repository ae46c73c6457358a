package streams

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// AuditEntry says who changed what.
type AuditEntry struct {
	At      time.Time `json:"at"`
	User    string    `json:"user"`   // name of a user, or token:ID
	Action  string    `json:"action"` // section.verb, such as sessions.erase
	Object  string    `json:"object"` // what it was done to
	Detail  string    `json:"detail,omitempty"`
	Address string    `json:"address"` // where the request came from
}

var auditAction = regexp.MustCompile(`^([a-z-]+)\.[a-z-]+$`)

// PublishAudit stores an entry in the log of changes.
func (c *Conn) PublishAudit(ctx context.Context, e AuditEntry) error {
	section := auditAction.FindStringSubmatch(e.Action)
	if section == nil {
		return fmt.Errorf("action %.40q of the audit log is not like section.verb", e.Action)
	}
	data, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode audit entry: %w", err)
	}
	if _, err := c.Publish(ctx, Subject(KindAudit, section[1]), data, PublishOptions{}); err != nil {
		return fmt.Errorf("store an audit entry: %w", err)
	}
	return nil
}

// auditWindow is how many entries are read at once.
const auditWindow = 500

// AuditBefore are entries stored before a sequence (0: the newest), newest first, and the sequence to go on before, which
// is 0 when there are no older ones. There may be none in between: go on until it is 0.
func (c *Conn) AuditBefore(ctx context.Context, before uint64) (entries []Stored[AuditEntry], next uint64, err error) {
	stream := c.Stream(Audit)
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
	if end-first > auditWindow {
		start = end - auditWindow
		next = start
	}
	for msg, err := range stream.Read(ctx, Range{From: start, To: end - 1}) {
		if err != nil {
			return nil, 0, err
		}
		var e AuditEntry
		if err := json.Unmarshal(msg.Data, &e); err != nil {
			return nil, 0, Blame(Input, fmt.Errorf("read audit entry %d: %w", msg.Sequence, err))
		}
		entries = append(entries, Stored[AuditEntry]{msg.Sequence, e})
	}
	slices.Reverse(entries)
	return entries, next, nil
}
