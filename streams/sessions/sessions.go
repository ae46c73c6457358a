package sessions

import "github.com/selene-liveness/selene/streams"

// Store reads and changes what is stored of sessions. It is safe for concurrent use.
type Store struct {
	conn *streams.Conn
}

// New returns the sessions of an installation.
func New(conn *streams.Conn) *Store { return &Store{conn} }
