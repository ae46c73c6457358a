package streams

import "errors"

// ErrNotFound is returned for what is not stored, or no longer.
var ErrNotFound = errors.New("not found")

// ErrChanged is returned by a compare-and-set when the newest revision is not the expected one.
var ErrChanged = errors.New("changed in the meantime: read the newest revision and try again")

// ErrFull is returned when the limit of stored items is reached.
var ErrFull = errors.New("the limit is reached: delete one first")

// ErrDecided is returned when the session already has a decision after the one the state came from.
var ErrDecided = errors.New("already decided")

// ErrElsewhere is returned by a handler whose message another process has taken over. That process acknowledges the message.
var ErrElsewhere = errors.New("taken over by another process")

// ErrNoService is returned for a request that no running process serves.
var ErrNoService = errors.New("no running process serves this request")

// ErrNoDecider is returned when no decider is running.
var ErrNoDecider = errors.New("no decider is running: start `selene worker decider`")
