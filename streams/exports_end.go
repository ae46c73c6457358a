package streams

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/selene-liveness/selene/schemas"
)

// CancelExport ends an export that waits or is under way: its worker's next update is ErrChanged. One that is over stays
// as it is. It is ErrNotFound for one that is not there.
func (c *Conn) CancelExport(ctx context.Context, id string) (*schemas.Export, error) {
	for {
		e, revision, err := c.Export(ctx, id)
		if err != nil || e.Over() {
			return e, err
		}
		e.Status, e.Reason, e.Files = schemas.VideoCanceled, "", nil
		_, err = c.UpdateExport(ctx, e, revision)
		if errors.Is(err, ErrChanged) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return e, c.unqueueExport(ctx, id)
	}
}

// RemoveExport forgets an export that is over, and deletes its files.
func (c *Conn) RemoveExport(ctx context.Context, e *schemas.Export) error {
	for _, f := range e.Files {
		if err := c.media.Delete(ctx, f.Object); err != nil {
			return err
		}
	}
	return c.dropExport(ctx, e.ID)
}

// ForgetExports takes a session that is erased out of all exports, with its files. Those under way are canceled, those of
// this session alone forgotten.
func (c *Conn) ForgetExports(ctx context.Context, session string) error {
	var with []string
	for e, err := range c.storedExports(ctx) {
		if err != nil {
			return err
		}
		if slices.Contains(e.Order.Sessions, session) {
			with = append(with, e.ID)
		}
	}
	for _, id := range with {
		err := ErrChanged
		for errors.Is(err, ErrChanged) {
			err = c.forgetInExport(ctx, id, session)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *Conn) forgetInExport(ctx context.Context, id, session string) error {
	e, revision, err := c.Export(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, f := range e.Files {
		if f.Session == session {
			if err := c.media.Delete(ctx, f.Object); err != nil {
				return err
			}
		}
	}
	e.Order.Sessions = slices.DeleteFunc(e.Order.Sessions, func(s string) bool { return s == session })
	e.Files = slices.DeleteFunc(e.Files, func(f schemas.ExportFile) bool { return f.Session == session })
	if len(e.Order.Sessions) == 0 {
		if err := c.dropExport(ctx, id); err != nil {
			return err
		}
		return c.unqueueExport(ctx, id)
	}
	if e.Over() { // the others were told
		e.Reason = strings.ReplaceAll(e.Reason, session, "that was erased")
		_, err = c.putExport(ctx, e, revision, untilExpired(e))
		return err
	}
	e.Status, e.Reason, e.Files = schemas.VideoCanceled, "a session of the order was erased", nil
	if _, err := c.UpdateExport(ctx, e, revision); err != nil {
		return err
	}
	return c.unqueueExport(ctx, id)
}

// unqueueExport makes room in the queue, and keeps workers from an export that is over.
func (c *Conn) unqueueExport(ctx context.Context, id string) error {
	return c.Stream(Exports).Purge(ctx, Subject(KindExport, id), 0)
}

// dropExport removes the state of an export. Those who watch it hear of it.
func (c *Conn) dropExport(ctx context.Context, id string) error {
	return c.Bucket(BucketExports).Delete(ctx, id)
}
