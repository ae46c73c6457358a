package api

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/selene-liveness/selene/edge/account"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// Problem is an error as RFC 9457 describes it. Of the members after Detail each kind of problem has its own.
type Problem struct {
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`

	Code    int               `json:"code,omitempty"`    // check or system code of a picture that is refused
	Setting string            `json:"setting,omitempty"` // deprecated: the path of the first of Errors
	Errors  []ValueError      `json:"errors,omitempty"`  // what is wrong in the body
	Missing []string          `json:"missing,omitempty"` // what is not ready
	Waiting map[string]uint64 `json:"waiting,omitempty"` // messages nobody has taken yet, by worker
	Video   any               `json:"video,omitempty"`   // where the making of a video stands

	retryAfter int // seconds, told in the header
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

// wrongValue is the problem of one value of a body. sentence is for readers of the problem's detail alone.
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

// problemOf tells the caller what is the caller's to know.
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
		return problem(http.StatusRequestEntityTooLarge, "the body is larger than a document of that kind can be")
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
		slog.Error("request", "path", r.URL.Path, "error", err)
		return problem(http.StatusServiceUnavailable, "the broker did not do what was asked; the log of this instance says why")
	}
	slog.Error("request", "path", r.URL.Path, "error", err)
	return problem(http.StatusInternalServerError, "the log of this instance says what went wrong")
}
