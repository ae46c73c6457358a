package streams

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/selene-liveness/selene/schemas"
)

// headerImported marks what another installation judged: consumers pass over it, readers find it.
const headerImported = "Selene-Imported"

// ErrImported is returned for a session that was judged elsewhere, to those who would go on with it.
var ErrImported = errors.New("imported from a recording")

// importedDecider stands in subjects where a decider would: nobody listens there.
const importedDecider = "imported"

// ImportedObject is the name of what an imported session was judged by, as JSON.
func ImportedObject(session string) string { return "imported/" + session }

// StoreImported stores a message of a session that was judged elsewhere: a frame, verdict, decision or event. It is there
// to be read, and nobody works on it.
func (c *Conn) StoreImported(ctx context.Context, m schemas.Message) error {
	var to, session string
	switch m := m.(type) {
	case *schemas.Frame:
		session = m.GetName().GetSession()
		to = Subject(KindFrame, session)
	case *schemas.Verdict:
		session = m.GetName().GetSession()
		to = Subject(KindVerdict, importedDecider, session)
	case *schemas.Decision:
		session = m.GetName().GetSession()
		to = Subject(KindDecision, session)
	case *schemas.SessionEvent:
		session = m.GetSession()
		to = Subject(KindSession, session)
	default:
		return fmt.Errorf("a %T cannot be imported", m)
	}
	if err := CheckSession(session); err != nil {
		return Blame(Input, err)
	}
	_, err := c.PublishMessage(ctx, to, m, PublishOptions{Header: nats.Header{headerImported: {"1"}}})
	return err
}
