package streams

import "time"

// What tests of the sweep need to stand between its steps.
var (
	ClaimObject = (*Conn).claimObject
	SweepObject = (*Conn).sweepObject
)

// SetReaderTTL lets marks of readers and sweepers expire sooner.
func (c *Conn) SetReaderTTL(ttl time.Duration) { c.readerTTL = ttl }
