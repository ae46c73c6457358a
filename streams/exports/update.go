package exports

import (
	"context"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// Update stores a new state of an export as the one after revision, publishes it in VIDEOS for each of its sessions, and
// returns the new state's revision. It returns streams.ErrChanged, and publishes nothing, when another update came first:
// the export was canceled or removed then.
//
// A finished export gets Finished and Expires. It expires after the result_ttl of the newest settings or, if that is 0,
// when the states of videos do. A worker that receives a job which is finished already calls Update once more with what is
// stored, in case the end was not published: a status is not published twice within two minutes.
//
// Every call stores one message per session: callers bound how many steps of Percent they publish.
func (s *Store) Update(ctx context.Context, e *schemas.Export, revision uint64) (uint64, error) {
	ttl := time.Duration(0)
	if e.Over() {
		if err := s.finish(ctx, e); err != nil {
			return 0, err
		}
		ttl = untilExpired(e)
	}
	revision, err := s.put(ctx, e, revision, ttl)
	if err != nil {
		return 0, err
	}
	_, err = s.publishStatuses(ctx, e)
	return revision, err
}

// finish sets the times of a finished export.
func (s *Store) finish(ctx context.Context, e *schemas.Export) error {
	now := time.Now().UTC()
	if e.Finished == nil {
		e.Finished = &now
	}
	if e.Expires != nil {
		return nil
	}
	document, err := s.settings.At(ctx, 0)
	if err != nil {
		return err
	}
	keep := time.Duration(document.Video.ResultTTL) * time.Second
	if keep == 0 {
		keep = s.conn.Stream(streams.Videos).MaxAge()
	}
	if keep > 0 {
		expires := now.Add(keep)
		e.Expires = &expires
	}
	return nil
}

// untilExpired returns the TTL of the state in whole seconds, 0 for none.
func untilExpired(e *schemas.Export) time.Duration {
	if e.Expires == nil {
		return 0
	}
	return max(time.Until(*e.Expires).Round(time.Second), time.Second)
}
