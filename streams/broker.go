package streams

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// MaxPayload is the largest message of an embedded broker, in bytes: the largest image an edge takes, and its state.
const MaxPayload = 16 * megabyte

// Broker is a nats-server with JetStream inside this process.
type Broker struct {
	server *server.Server
}

// NewBroker prepares a broker that keeps its streams below dir. It listens on addr ("127.0.0.1:4222"), or with an empty
// addr serves this process alone.
func NewBroker(dir, addr string) (*Broker, error) {
	opts := &server.Options{
		ServerName: "selene", JetStream: true, StoreDir: dir, MaxPayload: MaxPayload,
		DontListen: addr == "", NoSigs: true, NoLog: true,
		// Room is bounded by the streams' own limits; reserving it up front would refuse small disks.
		JetStreamMaxStore: 1 << 42, JetStreamMaxMemory: 1 << 33,
	}
	if addr != "" {
		host, port, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, fmt.Errorf("broker address %q: want host:port: %w", addr, err)
		}
		if opts.Port, err = strconv.Atoi(port); err != nil {
			return nil, fmt.Errorf("broker address %q: the port is no number", addr)
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
	s.SetLogger(brokerLog{slog.Default().With("component", "broker")}, false, false)
	return &Broker{server: s}, nil
}

// Run serves until ctx is done, then stores what is under way and returns nil. It returns an error when the broker does
// not come up, for instance because its address or its data directory is in use.
func (b *Broker) Run(ctx context.Context) error {
	go b.server.Start()
	defer func() {
		b.server.Shutdown()
		b.server.WaitForShutdown()
	}()
	<-ctx.Done()
	return nil
}

// WaitReady returns nil once the broker takes connections.
func (b *Broker) WaitReady(ctx context.Context) error {
	for !b.server.ReadyForConnections(100 * time.Millisecond) {
		if ctx.Err() != nil {
			return fmt.Errorf("the embedded broker did not come up: is its address or its data directory in use? %w", ctx.Err())
		}
	}
	return nil
}

// URL is where other processes reach the broker, empty when it serves this process alone.
func (b *Broker) URL() string {
	if b.server.Addr() == nil {
		return ""
	}
	return b.server.ClientURL()
}

// brokerLog passes on what an operator must see.
type brokerLog struct{ log *slog.Logger }

func (l brokerLog) Noticef(f string, v ...any) { l.log.Debug(fmt.Sprintf(f, v...)) }
func (l brokerLog) Warnf(f string, v ...any) {
	line := fmt.Sprintf(f, v...)
	if strings.HasPrefix(line, "Maximum payloads over") { // frames are meant to be that large
		return
	}
	l.log.Warn(line)
}
func (l brokerLog) Fatalf(f string, v ...any) { l.log.Error(fmt.Sprintf(f, v...)) }
func (l brokerLog) Errorf(f string, v ...any) { l.log.Error(fmt.Sprintf(f, v...)) }
func (l brokerLog) Debugf(f string, v ...any) { l.log.Debug(fmt.Sprintf(f, v...)) }
func (l brokerLog) Tracef(f string, v ...any) { l.log.Debug(fmt.Sprintf(f, v...)) }
