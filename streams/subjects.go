package streams

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
)

const (
	prefix       = "pass."
	storedPrefix = "stored."
	rerunPrefix  = "rerun."
	deciderAsk   = "selene.decider"
	describeAsk  = "selene.describe"
	rerunAsk     = "selene.rerun"
)

// CheckSession returns an error unless id is a UUID in its usual 36 characters, which alone may become part of a subject.
func CheckSession(id string) error {
	u, err := uuid.Parse(id)
	if err != nil || u.String() != id {
		return fmt.Errorf("session id %.40q is no UUID in lower case, such as %s", id, uuid.Nil)
	}
	return nil
}

// Subject returns the subject of a kind of message with its further tokens, of which the last usually is a session ID: "*"
// stands for any token.
func Subject(kind Kind, tokens ...string) string {
	return prefix + string(kind) + "." + strings.Join(tokens, ".")
}

var runToken = regexp.MustCompile(`^[0-9a-z]{1,32}$`)

// judgingSubject is where a frame, or what is said of it, is stored: apart from all else when it belongs to a run.
func judgingSubject(kind Kind, name *schemas.FrameName, live string) (string, error) {
	run := name.GetRun()
	if run == "" {
		return live, nil
	}
	if !runToken.MatchString(run) {
		return "", Blame(Input, fmt.Errorf("run id %.40q is not 1 to 32 digits and lower-case letters", run))
	}
	return rerunPrefix + run + "." + string(kind) + "." + name.GetSession(), nil
}

// refuseRun keeps what belongs to a run away from live sessions.
func refuseRun(what string, name *schemas.FrameName) error {
	if name.GetRun() == "" {
		return nil
	}
	return fmt.Errorf("%s of session %s belongs to run %s, which has none", what, name.GetSession(), name.GetRun())
}

func storedVerdicts(decider string) string {
	return storedPrefix + string(KindVerdict) + "." + decider + ".*"
}

func inbox(session string) string { return prefix + "inbox." + session }
