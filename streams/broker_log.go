package streams

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
)

// start holds the first fatal error of the server.
type start struct {
	once   sync.Once
	failed chan struct{} // closed once err is set
	err    error
}

func (s *start) fail(err error) {
	s.once.Do(func() {
		s.err = err
		close(s.failed)
	})
}

// brokerLog logs what an operator must see. The server itself goes on after a fatal error unless its logger ends the
// process.
type brokerLog struct {
	log   *slog.Logger
	start *start
}

func (l brokerLog) Noticef(f string, v ...any) { l.log.Debug(fmt.Sprintf(f, v...)) }
func (l brokerLog) Warnf(f string, v ...any) {
	line := fmt.Sprintf(f, v...)
	if strings.HasPrefix(line, "Maximum payloads over") { // frames are meant to be that large
		return
	}
	l.log.Warn(line)
}

func (l brokerLog) Fatalf(f string, v ...any) {
	line := fmt.Sprintf(f, v...)
	l.log.Error(line)
	l.start.fail(fmt.Errorf("start the embedded broker: %s", line))
}
func (l brokerLog) Errorf(f string, v ...any) { l.log.Error(fmt.Sprintf(f, v...)) }
func (l brokerLog) Debugf(f string, v ...any) { l.log.Debug(fmt.Sprintf(f, v...)) }
func (l brokerLog) Tracef(f string, v ...any) { l.log.Debug(fmt.Sprintf(f, v...)) }
