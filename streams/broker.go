package streams

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// MaxPayload is the largest message of an embedded broker, in bytes: the largest image an edge takes, and its state.
const MaxPayload = 16 * megabyte

// Broker is a nats-server with JetStream inside this process.
type Broker struct {
	server *server.Server
	dir    string
	start  *start
}

// NewBroker prepares a broker that keeps its streams below dir. It listens on addr ("127.0.0.1:4222"), or with an empty
// addr serves this process alone.
func NewBroker(dir, addr string) (*Broker, error) {
	opts := &server.Options{
		ServerName: "selene", JetStream: true, StoreDir: dir, MaxPayload: MaxPayload,
		DontListen: addr == "", NoSigs: true, NoLog: true,
		// The streams have limits of their own; reserving storage up front would refuse small disks.
		JetStreamMaxStore: 1 << 42, JetStreamMaxMemory: 1 << 33,
	}
	if addr != "" {
		host, port, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, fmt.Errorf("the broker address must be host:port, not %q: %w", addr, err)
		}
		if opts.Port, err = strconv.Atoi(port); err != nil {
			return nil, fmt.Errorf("the port of the broker address must be a number, not %q", addr)
		}
		if opts.Port == 0 {
			opts.Port = server.RANDOM_PORT
		}
		opts.Host = host
	}
	s, err := server.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("prepare the embedded broker in %s: %w", dir, err)
	}
	b := &Broker{s, dir, &start{failed: make(chan struct{})}}
	s.SetLogger(brokerLog{slog.Default().With("component", "broker"), b.start}, false, false)
	return b, nil
}

// Run serves until ctx is done, then stores what it has received and returns nil. It returns an error if the broker cannot
// start, for instance because its address is in use, or because another process has its streams in the same folder.
func (b *Broker) Run(ctx context.Context) error {
	release, err := lockFolder(b.dir)
	if err != nil {
		b.start.fail(err)
		return err
	}
	defer release()
	go b.server.Start()
	defer func() {
		b.server.Shutdown()
		b.server.WaitForShutdown()
	}()
	select {
	case <-ctx.Done():
		return nil
	case <-b.start.failed:
		return b.start.err
	}
}

// WaitReady returns nil once the broker accepts connections, and an error if it cannot start or ctx is done first.
func (b *Broker) WaitReady(ctx context.Context) error {
	for !b.server.ReadyForConnections(100 * time.Millisecond) {
		select {
		case <-b.start.failed:
			return b.start.err
		case <-ctx.Done():
			return fmt.Errorf("the embedded broker did not start in time: is its address or its data directory in use? %w", ctx.Err())
		default:
		}
	}
	return nil
}

// URL returns the address for other processes, empty when the broker serves this process alone.
func (b *Broker) URL() string {
	if b.server.Addr() == nil {
		return ""
	}
	return b.server.ClientURL()
}

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
