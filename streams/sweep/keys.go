package sweep

import (
	"context"
	"time"

	"github.com/selene-liveness/selene/streams"
)

// referenceGrace is the time in which a reference face is stored after its key was made.
const referenceGrace = 10 * time.Minute

// sweepKeys destroys the keys of what has expired, so that it is gone from the disk, too, and not only from the streams. Of each class
// it reads only the keys that are as old as what they encrypt can be, which are few: all others were destroyed before.
func (s *Sweeper) sweepKeys(ctx context.Context, now time.Time, f *failures) {
	for class, age := range map[streams.Class]time.Duration{
		streams.ClassFrames:    s.conn.Stream(streams.Frames).MaxAge(),
		streams.ClassDecisions: s.conn.Stream(streams.Decisions).MaxAge(),
		streams.ClassReference: referenceGrace,
	} {
		if age <= 0 { // kept for ever
			continue
		}
		for key, err := range s.conn.Keys().MadeBefore(ctx, class, now.Add(-age)) {
			if err != nil {
				f.add(err)
				break
			}
			holds, err := s.sessions.Holds(ctx, key.Session, class)
			if err == nil && !holds {
				err = s.conn.Keys().Destroy(ctx, key.Session, class)
			}
			f.add(err)
		}
	}
}

// sweepFileKeys destroys the keys of files that are gone, which a process that died may have left. stored has all files.
func (s *Sweeper) sweepFileKeys(ctx context.Context, now time.Time, stored map[string]bool, f *failures) {
	for key, err := range s.conn.Keys().MadeBefore(ctx, streams.ClassFile, now.Add(-leftoverAge)) {
		if err != nil {
			f.add(err)
			return
		}
		if !stored[key.File] {
			f.add(s.conn.Keys().DestroyFile(ctx, key.Session, key.File))
		}
	}
}
