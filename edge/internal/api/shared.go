package api

import (
	"bytes"
	"net/http"
	"sync"
	"time"
)

// sharedFor is how long an answer is given again to whoever asks, so that asking costs the broker and the processors the same,
// however often it is done: /readyz and /metrics need no login.
const sharedFor = time.Second

// shared is an answer that is the same for everybody. Methods may be called by any goroutine.
type shared struct {
	mu     sync.Mutex
	until  time.Time
	answer recorded
}

// recorded is an answer.
type recorded struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *recorded) Header() http.Header         { return a.header }
func (a *recorded) WriteHeader(status int)      { a.status = status }
func (a *recorded) Write(b []byte) (int, error) { return a.body.Write(b) }

// serve answers with what make has written within the last second. One caller at a time makes it; the others wait for it.
func (s *shared) serve(w http.ResponseWriter, make func(http.ResponseWriter)) {
	header, status, body := s.last(make)
	for name, values := range header {
		w.Header()[name] = values
	}
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may be gone
}

// last returns the answer of the last second. The next answer leaves it alone.
func (s *shared) last(make func(http.ResponseWriter)) (http.Header, int, []byte) {
	s.mu.Lock()
	defer s.mu.Unlock() // also after a panic in make, which would otherwise keep everybody waiting
	if !time.Now().Before(s.until) {
		s.answer = recorded{header: http.Header{}, status: http.StatusOK}
		make(&s.answer)
		s.until = time.Now().Add(sharedFor)
	}
	return s.answer.header, s.answer.status, s.answer.body.Bytes()
}
