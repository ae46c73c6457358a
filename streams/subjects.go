package streams

import (
	"fmt"

	"github.com/google/uuid"
)

const (
	prefix       = "pass."
	storedPrefix = "stored."
	deciderAsk   = "selene.decider"
	describeAsk  = "selene.describe"
)

// CheckSession returns an error unless id is a UUID in its usual 36 characters, which alone may become part of a subject.
func CheckSession(id string) error {
	u, err := uuid.Parse(id)
	if err != nil || u.String() != id {
		return fmt.Errorf("session id %.40q is no UUID in lower case, such as %s", id, uuid.Nil)
	}
	return nil
}

func subject(kind Kind, session string) string { return prefix + string(kind) + "." + session }

func verdictSubject(decider, session string) string {
	return prefix + string(KindVerdict) + "." + decider + "." + session
}

func storedVerdicts(decider string) string {
	return storedPrefix + string(KindVerdict) + "." + decider + ".*"
}

func hashSubject(hash, session string) string {
	return prefix + string(KindHash) + "." + hash + "." + session
}

func inbox(session string) string { return prefix + "inbox." + session }
