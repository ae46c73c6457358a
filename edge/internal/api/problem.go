package api

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/selene-liveness/selene/edge/internal/account"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// Problem is an error as described by RFC 9457. The members after Detail depend on the kind of problem.
type Problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`

	Code    int               `json:"code,omitempty"`    // check or system code of a refused picture
	Setting string            `json:"setting,omitempty"` // deprecated: the path of the first of Errors
	Errors  []ValueError      `json:"errors,omitempty"`  // what is wrong in the body
	Missing []string          `json:"missing,omitempty"` // what is not ready
	Waiting map[string]uint64 `json:"waiting,omitempty"` // messages that no process has fetched yet, by worker
	Video   any               `json:"video,omitempty"`   // state of a video

	retryAfter int // seconds, sent in the header
}

// ValueError is a value of a request's body that is wrong. Path is dotted, such as thresholds.blur, and empty when the
// body as a whole is wrong; Detail states what is allowed, without the path.
type ValueError struct {
	Path   string `json:"path"`
	Detail string `json:"detail"`
}

func (p Problem) Error() string { return p.Detail }

func problem(status int, detail string) Problem {
	return Problem{Title: http.StatusText(status), Status: status, Detail: detail}
}

// wrongValue returns the problem of one value of a body. sentence is for clients that only read the detail.
func wrongValue(path, detail, sentence string) Problem {
	p := problem(http.StatusUnprocessableEntity, sentence)
	p.Setting, p.Errors = path, []ValueError{{path, detail}}
	return p
}

func (p Problem) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/problem+json")
	if p.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(p.retryAfter))
	}
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the client may be gone
}

// problemOf returns the problem that answers an error. Internal errors are logged instead of sent.
func problemOf(r *http.Request, err error) Problem {
	var p Problem
	var document *schemas.DocumentError
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &document):
		return wrongValue(document.Path, document.Message, err.Error())
	case errors.Is(err, streams.ErrChanged), errors.Is(err, streams.ErrFull):
		return problem(http.StatusConflict, err.Error())
	case errors.As(err, &large):
		return problem(http.StatusRequestEntityTooLarge, "the body is too large for this kind of document")
	case errors.Is(err, account.ErrUnauthenticated):
		return problem(http.StatusUnauthorized, err.Error())
	case errors.Is(err, account.ErrForbidden):
		return problem(http.StatusForbidden, err.Error())
	case errors.Is(err, account.ErrConflict):
		return problem(http.StatusConflict, err.Error())
	case errors.Is(err, account.ErrInvalid):
		return problem(http.StatusUnprocessableEntity, err.Error())
	case errors.Is(err, account.ErrBusy):
		return tooMany(time.Second, err.Error())
	case errors.Is(err, streams.ErrNotFound):
		return problem(http.StatusNotFound, err.Error())
	case streams.FaultOf(err) == streams.Infrastructure:
		slog.Error("answer request", "path", r.URL.Path, "error", err)
		return problem(http.StatusServiceUnavailable, "the broker failed; see the log of this instance, and try again")
	}
	slog.Error("answer request", "path", r.URL.Path, "error", err)
	return problem(http.StatusInternalServerError, "internal error; see the log of this instance")
}
