package sweep

import (
	"context"
	"time"

	"github.com/selene-liveness/selene/streams"
)

// plainMargin is how long before they expire messages that are not sealed are removed: several sweeps.
const plainMargin = 3 * every

// sweepPlain overwrites the verdicts and dead letters of plugins that have no master key a little before they expire: the broker
// removes what expires without overwriting it, and no key encrypts it.
func (s *Sweeper) sweepPlain(ctx context.Context, now time.Time, f *failures) {
	for _, name := range []string{streams.Verdicts, streams.Dead} {
		stream := s.conn.Stream(name)
		if age := stream.MaxAge(); age > 0 { // otherwise they are kept for ever
			f.add(stream.OverwritePlain(ctx, now.Add(min(plainMargin, age/4)-age)))
		}
	}
}
