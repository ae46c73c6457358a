package video

import (
	"context"
	"time"

	"github.com/selene-liveness/selene/streams/priority"
)

// kind is the purpose of a video. Videos of sessions go before those of exports.
type kind int

const (
	sessionVideos kind = iota
	exportVideos
	kinds
)

func (k kind) String() string { return [...]string{"session", "export"}[k] }

func (k kind) class() priority.Class {
	return [...]priority.Class{priority.Urgent, priority.Background}[k]
}

// exportDelay is the time that exports wait when a slot is free, so that the end of a session can be fetched first.
const exportDelay = 250 * time.Millisecond

// waitForSlot returns a function for streams.Work that waits until a slot is free for k, and takes none.
func (w *Worker) waitForSlot(k kind) func(context.Context) {
	return func(ctx context.Context) {
		for w.slots.Acquire(ctx, k.class()) == nil {
			w.slots.Release()
			if k == sessionVideos {
				return
			}
			select {
			case <-time.After(exportDelay):
			case <-ctx.Done():
			}
			if w.slots.Free() > 0 {
				return
			}
		}
	}
}
