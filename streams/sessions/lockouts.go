package sessions

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// maxLockedOut is the longest lock-out.
const maxLockedOut = 24 * time.Hour

// LockoutRule says when a subject is locked out, and for how long.
type LockoutRule struct {
	Max     int           // failures; 0 = never locked out
	Window  time.Duration // within which they count together
	Lockout time.Duration // the first; each further one within Window after the one before lasts twice as long
}

func (s *Store) lockouts() *streams.Bucket { return s.conn.Bucket(streams.BucketLockouts) }

// LockedUntil returns when the lock-out of a subject ends, or ended; the zero time if there is none.
func (s *Store) LockedUntil(ctx context.Context, subject string) (time.Time, error) {
	f, _, err := s.failuresOf(ctx, subject)
	return f.Until, err
}

// CountFailure counts a failed session, once however often it is called, and returns until when its subject is locked out
// because of it; the zero time if it is not.
func (s *Store) CountFailure(ctx context.Context, subject, session string, rule LockoutRule, now time.Time) (time.Time, error) {
	sum := sha256.Sum256([]byte(session))
	mark := hex.EncodeToString(sum[:8])
	for {
		f, revision, err := s.failuresOf(ctx, subject)
		if err != nil {
			return time.Time{}, err
		}
		if f.Last == mark {
			return f.Until, nil
		}
		if !count(&f, mark, rule, now) {
			return time.Time{}, nil
		}
		data, err := json.Marshal(f)
		if err != nil {
			return time.Time{}, fmt.Errorf("encode failures: %w", err)
		}
		keep := max(f.Until.Sub(now), 0) + rule.Window
		_, err = s.lockouts().Update(ctx, subject, data, revision, keep)
		if errors.Is(err, streams.ErrChanged) {
			continue // another session of the subject failed at the same time
		}
		if err != nil {
			return time.Time{}, streams.Blame(streams.Infrastructure, fmt.Errorf("count a failed session: %w", err))
		}
		if f.Last != mark {
			return time.Time{}, nil
		}
		return f.Until, nil
	}
}

// count adds a failure, and reports false if it was counted before or fails while the subject is locked out already.
func count(f *schemas.Failures, mark string, rule LockoutRule, now time.Time) bool {
	if now.Before(f.Until) || slices.ContainsFunc(f.Recent, func(r schemas.FailedSession) bool { return r.Mark == mark }) {
		return false
	}
	f.Recent = slices.DeleteFunc(f.Recent, func(r schemas.FailedSession) bool { return now.Sub(r.At) > rule.Window })
	f.Recent = append(f.Recent, schemas.FailedSession{Mark: mark, At: now.UTC()})
	if len(f.Recent) < rule.Max {
		return true
	}
	lockout := rule.Lockout
	for range f.Lockouts {
		lockout = min(2*lockout, maxLockedOut)
	}
	f.Recent, f.Lockouts, f.Until, f.Last = nil, f.Lockouts+1, now.Add(lockout).UTC(), mark
	return true
}

func (s *Store) failuresOf(ctx context.Context, subject string) (f schemas.Failures, revision uint64, err error) {
	v, err := s.lockouts().Get(ctx, subject)
	if errors.Is(err, streams.ErrNotFound) {
		return f, 0, nil
	}
	if err != nil {
		return f, 0, fmt.Errorf("look up failed sessions: %w", err)
	}
	if err := json.Unmarshal(v.Data, &f); err != nil {
		return f, 0, fmt.Errorf("read failed sessions: %w", err)
	}
	return f, v.Revision, nil
}
