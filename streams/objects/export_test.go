package objects

import "time"

// Claim lets tests stand between the steps of RemoveUnread.
var Claim = (*Store).claim

// SetMarkTTL makes marks of readers and sweepers expire sooner.
func (s *Store) SetMarkTTL(ttl time.Duration) { s.markTTL = ttl }
