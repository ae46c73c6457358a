package sessions

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"

	"github.com/selene-liveness/selene/schemas"
)

// Key is what a client shows to get a session that was opened without a ticket. Such a session gets a secret when a socket takes it
// for the first time; its hash stays with the presence, so that any edge can check it, and is gone with it.
type Key struct {
	Secret  string // from an earlier CONNECTED; empty = none
	Known   bool   // the session has decisions already
	Lenient bool   // a session may be resumed without its secret, by clients that do not know it
}

// ErrKey is returned for a session whose secret is missing or wrong, and for a secret of a session that does not exist: who asks must
// not learn which.
var ErrKey = errors.New("the session has ended or is unknown, or its resume secret is missing or wrong")

// check returns nil if the key opens a session with a presence, or with none (nil).
func (k *Key) check(p *schemas.Presence) error {
	switch {
	case k == nil:
		return nil
	case k.Secret != "":
		if p == nil || subtle.ConstantTimeCompare(p.Resume, HashSecret(k.Secret)) != 1 {
			return ErrKey
		}
	case k.Lenient:
	case p == nil && k.Known, p != nil && len(p.Resume) > 0:
		return ErrKey
	}
	return nil
}

// seal gives a session that is opened with a key a secret, unless it has one.
func (p *Presence) seal(k *Key) {
	switch {
	case k == nil:
	case len(p.Resume) == 0:
		p.Secret, p.made = rand.Text(), true
		p.Resume = HashSecret(p.Secret)
	default:
		p.Secret = k.Secret
	}
}
