package sessions

import (
	"context"
	"errors"
	"fmt"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// ErrImported is returned instead of the state of an imported session, which cannot be continued.
var ErrImported = errors.New("imported from a recording")

// importedDecider takes the place of a decider in the subjects of verdicts, and comes before the session in those of decisions. It
// has no subscribers, and whoever may import decisions can make none of this installation.
const importedDecider = "imported"

// importedDecision returns the subject of the imported decisions on a session.
func importedDecision(session string) string {
	return streams.Subject(streams.KindDecision, importedDecider, session)
}

// StoreImported stores a message of a session that another installation judged: a frame, verdict, decision or event. It
// can be read, and no worker receives it.
func (s *Store) StoreImported(ctx context.Context, m schemas.Message) error {
	var to, session string
	switch m := m.(type) {
	case *schemas.Frame:
		session = m.GetName().GetSession()
		to = streams.Subject(streams.KindFrame, session)
	case *schemas.Verdict:
		session = m.GetName().GetSession()
		to = streams.Subject(streams.KindVerdict, importedDecider, m.GetWorker(), session)
	case *schemas.Decision:
		session = m.GetName().GetSession()
		to = importedDecision(session)
	case *schemas.SessionEvent:
		session = m.GetSession()
		to = streams.Subject(streams.KindSession, session)
	default:
		return fmt.Errorf("a %T cannot be imported", m)
	}
	if err := streams.CheckSession(session); err != nil {
		return streams.Blame(streams.Input, err)
	}
	_, err := s.conn.PublishMessage(ctx, to, m, streams.PublishOptions{Imported: true})
	return err
}
