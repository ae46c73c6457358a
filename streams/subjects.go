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
	flushAsk     = "selene.flush"
)

// CheckSession returns an error unless id is a lowercase UUID of 36 characters. No other ID may become part of a subject.
func CheckSession(id string) error {
	u, err := uuid.Parse(id)
	if err != nil || u.String() != id {
		return fmt.Errorf("the session ID must be a UUID such as %[2]s, not %.40[1]q", id, uuid.Nil)
	}
	return nil
}

// SessionID returns the form that a UUID has everywhere inside: 36 characters in lower case. UUIDs are compared without regard to
// case (RFC 9562, section 4), and some systems write them in capitals. The error is that of CheckSession.
func SessionID(text string) (string, error) {
	id := strings.ToLower(text)
	return id, CheckSession(id)
}

// Subject returns the subject of a kind of message with its further tokens, of which the last usually is a session ID: "*"
// stands for any token.
func Subject(kind Kind, tokens ...string) string {
	return prefix + string(kind) + "." + strings.Join(tokens, ".")
}

var runToken = regexp.MustCompile(`^[0-9a-z]{1,32}$`)

func errRunID(run string) error {
	return Blame(Input, fmt.Errorf("the run ID must be 1 to 32 digits and lowercase letters, not %.40q", run))
}

// judgingSubject returns the subject of a frame or face: the live one, or a separate one for messages of a run.
func judgingSubject(kind Kind, name *schemas.FrameName) (string, error) {
	run := name.GetRun()
	if run == "" {
		return Subject(kind, name.GetSession()), nil
	}
	if !runToken.MatchString(run) {
		return "", errRunID(run)
	}
	return rerunPrefix + run + "." + string(kind) + "." + name.GetSession(), nil
}

// verdictSubject returns the subject of a verdict. It holds the worker's name, so that the broker's permissions decide who may
// judge under which name.
func verdictSubject(v *schemas.Verdict) (string, error) {
	run := v.GetName().GetRun()
	if run == "" {
		return Subject(KindVerdict, v.GetDecider(), v.GetWorker(), v.GetName().GetSession()), nil
	}
	if !runToken.MatchString(run) {
		return "", errRunID(run)
	}
	return rerunPrefix + run + "." + string(KindVerdict) + "." + v.GetWorker() + "." + v.GetName().GetSession(), nil
}

// VerdictOf reads a verdict that was published on a subject. It returns an Input fault if the verdict names another worker,
// decider, run or session than its subject: its publisher pretends to be somebody else.
func VerdictOf(subject string, data []byte) (*schemas.Verdict, error) {
	v := &schemas.Verdict{}
	if err := schemas.Unmarshal(data, v); err != nil {
		return nil, Blame(Input, err)
	}
	want, err := verdictSubject(v)
	if err != nil {
		return nil, err
	}
	if subject = strings.TrimPrefix(subject, storedPrefix); subject != want && prefix+subject != want {
		return nil, Blame(Input, fmt.Errorf("a verdict that belongs on %.200q was published on %s", want, subject))
	}
	return v, nil
}

// refuseRun keeps messages of runs away from live sessions.
func refuseRun(what string, name *schemas.FrameName) error {
	if name.GetRun() == "" {
		return nil
	}
	return fmt.Errorf("cannot store %s of session %s: it belongs to run %s", what, name.GetSession(), name.GetRun())
}

func storedVerdicts(decider string) string {
	return storedPrefix + string(KindVerdict) + "." + decider + ".*.*"
}

func inbox(session string) string { return prefix + "inbox." + session }
