package sessions

import (
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/objects"
)

// Store reads and changes what is stored of sessions. It is safe for concurrent use.
type Store struct {
	conn    *streams.Conn
	objects *objects.Store
}

// New returns the sessions of an installation.
func New(conn *streams.Conn) *Store { return &Store{conn, objects.New(conn)} }
