package objects

import "time"

// Claim lets tests run code between the steps of RemoveUnread.
var Claim = (*Store).claim

// SetMarkTTL shortens the lifetime of the marks of readers and sweepers.
func (s *Store) SetMarkTTL(ttl time.Duration) { s.markTTL = ttl }
