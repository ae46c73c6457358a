package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
)

// decisions answers with all decisions on a session, oldest first.
func (a *API) decisions(w http.ResponseWriter, r *http.Request) error {
	id, err := sessionID(r)
	if err != nil {
		return err
	}
	return list(w, r, "decisions", a.sessions.DecisionsOf(r.Context(), id), func(d streams.Stored[*schemas.Decision]) (any, error) {
		sessions.Stamp(d.Message, d.Sequence)
		return asJSON(d.Message)
	})
}

// verdicts answers with all verdicts of workers on a session's frames, oldest first.
func (a *API) verdicts(w http.ResponseWriter, r *http.Request) error {
	id, err := sessionID(r)
	if err != nil {
		return err
	}
	return list(w, r, "verdicts", a.sessions.VerdictsOf(r.Context(), id), func(v streams.Stored[*schemas.Verdict]) (any, error) {
		return asJSON(v.Message)
	})
}

type storedFrame struct {
	Sequence  uint64    `json:"sequence"` // in the session
	Stored    uint64    `json:"stored"`   // in the stream of frames
	Attempt   uint32    `json:"attempt"`
	Received  time.Time `json:"received"`
	MediaType string    `json:"media_type"`
	Bytes     int       `json:"bytes"`
}

// frames lists the stored images of a session, in order of arrival.
func (a *API) frames(w http.ResponseWriter, r *http.Request) error {
	id, err := sessionID(r)
	if err != nil {
		return err
	}
	return list(w, r, "frames", a.sessions.FramesOf(r.Context(), id), func(f streams.Stored[*schemas.Frame]) (any, error) {
		m := f.Message
		return storedFrame{
			m.GetName().
				GetSequence(),
			f.Sequence,
			m.GetAttempt(),
			time.Unix(0, m.GetReceivedUnixNanos()).UTC(),
			m.GetMediaType(),
			len(m.GetImage()),
		}, nil
	})
}

// list writes {"name": [...]} while it reads, so that a long session needs no more memory than a short one.
func list[M proto.Message](
	w http.ResponseWriter,
	r *http.Request,
	name string,
	all iter.Seq2[streams.Stored[M], error],
	show func(streams.Stored[M]) (any, error),
) error {
	begun := false
	for m, err := range all {
		var item any
		if err == nil {
			item, err = show(m)
		}
		var data []byte
		if err == nil {
			data, err = json.Marshal(item)
		}
		if err != nil && !begun {
			return err
		}
		if err != nil { // the status is sent: only a broken answer can report it
			slog.Error("answer request", "path", r.URL.Path, "error", err)
			panic(http.ErrAbortHandler)
		}
		before := ","
		if !begun {
			w.Header().Set("Content-Type", "application/json")
			before = fmt.Sprintf("{%q:[", name)
			begun = true
		}
		if _, err := w.Write(append([]byte(before), data...)); err != nil {
			return nil // the client is gone
		}
	}
	if !begun {
		return writeJSON(w, map[string][]int{name: {}})
	}
	_, _ = w.Write([]byte("]}\n")) // the client may be gone
	return nil
}

// frame answers with the image of a sequence number: the one with a decision, or the last one received.
func (a *API) frame(w http.ResponseWriter, r *http.Request) error {
	id, err := sessionID(r)
	if err != nil {
		return err
	}
	sequence, err := strconv.ParseUint(r.PathValue("sequence"), 10, 64)
	if err != nil {
		return problem(http.StatusBadRequest, "the frame must be a number, 1 for the first of a session")
	}
	f, err := a.findFrame(r, id, sequence)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", f.GetMediaType())
	h.Set("Content-Length", strconv.Itoa(len(f.GetImage())))
	_, _ = w.Write(f.GetImage()) // the client may be gone
	return nil
}

func (a *API) findFrame(r *http.Request, id string, sequence uint64) (*schemas.Frame, error) {
	for d, err := range a.sessions.DecisionsOf(r.Context(), id) {
		if err != nil {
			return nil, err
		}
		if d.Message.GetName().GetSequence() != sequence || d.Message.GetFrame() == 0 {
			continue
		}
		f, err := a.sessions.FrameAt(r.Context(), d.Message.GetFrame())
		if errors.Is(err, streams.ErrNotFound) || err == nil && !f.GetName().Equal(d.Message.GetName()) { // of an imported session
			break
		}
		return f, err
	}
	var last *schemas.Frame
	for f, err := range a.sessions.FramesOf(r.Context(), id) {
		if err != nil {
			return nil, err
		}
		if f.Message.GetName().GetSequence() == sequence {
			last = f.Message
		}
	}
	if last == nil {
		return nil, problem(http.StatusNotFound, fmt.Sprintf("frame %d of session %s is not stored (any more)", sequence, id))
	}
	return last, nil
}
