package api

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/recording"
	"github.com/selene-liveness/selene/streams/sessions"
)

// sessionID returns the ID in the path.
func sessionID(r *http.Request) (string, error) {
	id, err := streams.SessionID(r.PathValue("id"))
	if err != nil {
		return "", problem(http.StatusBadRequest, err.Error())
	}
	return id, nil
}

// asJSON encodes a message with the field names of its .proto file.
func asJSON(m proto.Message) (json.RawMessage, error) {
	data, err := protojson.MarshalOptions{UseProtoNames: true}.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", m.ProtoReflect().Descriptor().Name(), err)
	}
	return data, nil
}

type counts struct {
	Frames           uint64 `json:"frames"` // decided
	Attempts         uint32 `json:"attempts"`
	LivenessAttempts uint32 `json:"liveness_attempts"`
}

// session answers with the state of a session.
func (a *API) session(w http.ResponseWriter, r *http.Request) error {
	id, err := sessionID(r)
	if err != nil {
		return err
	}
	events, err := a.events(r.Context(), id)
	if err != nil {
		return err
	}
	last, err := a.sessions.LastDecision(r.Context(), id)
	if err != nil && !errors.Is(err, streams.ErrNotFound) {
		return err
	}
	out := struct {
		Session      string            `json:"session"`
		Label        string            `json:"label,omitempty"`    // the ID that the client asked for, if an earlier session has it
		Attempts     []string          `json:"attempts,omitempty"` // the later sessions of clients that asked for this ID, in order
		Outcome      string            `json:"outcome"`
		Counts       counts            `json:"counts"`
		Events       []json.RawMessage `json:"events"`
		LastDecision json.RawMessage   `json:"last_decision,omitempty"`
		Claims       *schemas.Claims   `json:"claims,omitempty"` // of the token of a session that passed, without the best shot
		Video        json.RawMessage   `json:"video,omitempty"`
		Imported     bool              `json:"imported,omitempty"` // from a recording: it was not judged here
	}{Session: id, Outcome: last.GetOutcome().String(), Events: []json.RawMessage{}}
	attempts, err := a.sessions.AttemptsOf(r.Context(), id)
	if err != nil {
		return err
	}
	out.Attempts = attempts.Later
	for _, e := range events {
		data, err := asJSON(e)
		if err != nil {
			return err
		}
		out.Label = cmp.Or(out.Label, e.GetLabel())
		out.Events = append(out.Events, data)
	}
	if last != nil {
		s := last.GetState()
		out.Counts = counts{s.GetSequence(), s.GetAttempts(), s.GetLivenessAttempts()}
		if out.LastDecision, err = asJSON(last); err != nil {
			return err
		}
		if last.GetOutcome() == schemas.Outcome_OUTCOME_PASSED {
			settings, err := recording.SettingsOf(r.Context(), a.Conn, id, s.GetSettingsRevision())
			if errors.Is(err, streams.ErrNotFound) { // no longer kept
				settings, err = &schemas.Settings{}, nil
			}
			if err != nil {
				return err
			}
			claims := schemas.ClaimsOf(last, &settings.Token)
			out.Claims = &claims
		}
	} else if err := a.mustExist(r.Context(), id, events); err != nil {
		return err
	}
	video, err := a.sessions.LastVideo(r.Context(), id)
	if err == nil {
		out.Video, err = asJSON(video)
	}
	if err != nil && !errors.Is(err, streams.ErrNotFound) {
		return err
	}
	if _, err = recording.About(r.Context(), a.Conn, id); err != nil && !errors.Is(err, streams.ErrNotFound) {
		return err
	}
	out.Imported = err == nil
	return writeJSON(w, out)
}

func (a *API) events(ctx context.Context, id string) (events []*schemas.SessionEvent, err error) {
	for e, err := range a.sessions.EventsOf(ctx, id) {
		if err != nil {
			return nil, err
		}
		events = append(events, e.Message)
	}
	return events, nil
}

// mustExist returns a problem for an unknown or erased session. A session created over REST exists before it is opened.
func (a *API) mustExist(ctx context.Context, id string, events []*schemas.SessionEvent) error {
	if len(events) == 0 {
		if _, err := a.sessions.TicketOf(ctx, id); !errors.Is(err, streams.ErrNotFound) {
			return err
		}
		return problem(http.StatusNotFound, fmt.Sprintf("session %s is not stored (any more)", id))
	}
	if e := events[len(events)-1]; e.GetKind() == schemas.SessionEventKind_SESSION_ERASED {
		at := time.Unix(0, e.GetAtUnixNanos()).UTC().Format(time.RFC3339)
		return problem(http.StatusGone, fmt.Sprintf("session %s was erased at %s", id, at))
	}
	return nil
}

// eraseTime is the time during which a session being erased cannot be opened.
const eraseTime = time.Minute

// erase removes everything stored about a session that has ended, or whose socket is closed.
func (a *API) erase(w http.ResponseWriter, r *http.Request) error {
	id, err := sessionID(r)
	if err != nil {
		return err
	}
	ctx := context.WithoutCancel(r.Context()) // also if the caller disconnects
	events, err := a.events(ctx, id)
	if err != nil {
		return err
	}
	begun, err := a.Conn.Keys().IsErased(ctx, id)
	if err == nil && (!begun || len(events) > 0) { // otherwise an earlier call was interrupted before it had removed everything
		err = a.mustExistInAny(ctx, id, events)
	}
	if err != nil {
		return err
	}
	release, err := a.claimAll(ctx, id)
	if err != nil {
		return err
	}
	err = a.sessions.Erase(ctx, id, &schemas.SessionEvent{
		Version:     schemas.Version,
		Session:     id,
		Kind:        schemas.SessionEventKind_SESSION_ERASED,
		AtUnixNanos: time.Now().UnixNano(),
		Edge:        a.Edge,
	})
	if err != nil {
		return errors.Join(err, release())
	}
	a.audited(r, "sessions.erase", id, "")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// claimAll claims all attempts under an ID, so that no client can resume one and store new data while they are erased.
func (a *API) claimAll(ctx context.Context, id string) (release func() error, err error) {
	attempts, err := a.sessions.AttemptsOf(ctx, id)
	if err != nil {
		return nil, err
	}
	var claimed []string
	release = func() error {
		var errs []error
		for _, session := range claimed {
			errs = append(errs, a.sessions.Forget(ctx, session))
		}
		return errors.Join(errs...)
	}
	for _, session := range attempts.All() {
		_, err := a.sessions.Claim(ctx, session, a.Edge, eraseTime, nil)
		if errors.Is(err, sessions.ErrBusy) {
			err = problem(http.StatusConflict, fmt.Sprintf("session %s is live: erase it after its socket is closed", session))
		}
		if err != nil {
			return nil, errors.Join(err, release())
		}
		claimed = append(claimed, session)
	}
	return release, nil
}

// mustExistInAny is mustExist for an ID of which a later attempt may outlast the first.
func (a *API) mustExistInAny(ctx context.Context, id string, events []*schemas.SessionEvent) error {
	missing := a.mustExist(ctx, id, events)
	if missing == nil || len(events) > 0 {
		return missing
	}
	attempts, err := a.sessions.AttemptsOf(ctx, id)
	if err == nil && len(attempts.Later) == 0 {
		err = missing
	}
	return err
}
