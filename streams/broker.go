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
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
)

// MaxPayload is the largest message of an embedded broker, in bytes: the largest image an edge takes, and its state.
const MaxPayload = 16 * megabyte

// Broker is a nats-server with JetStream inside this process.
type Broker struct {
	server *server.Server
	dir    string
	start  *start
	owner  nkeys.KeyPair // admin of a broker with users, known to this process alone
}

// BrokerOptions say where a broker keeps its streams, and who may use it.
type BrokerOptions struct {
	Dir         string   // of the streams
	Addr        string   // to listen on, such as "127.0.0.1:4222"; empty = it serves this process alone
	Credentials string   // folder of the credentials of the roles, created as needed; empty = anybody on this machine may do anything
	Plugins     []string // roles besides the built-in ones
	TLS         TLS
}

// NewBroker prepares a broker. It refuses to listen on an address that other machines reach without credentials.
func NewBroker(o BrokerOptions) (*Broker, error) {
	opts := &server.Options{
		ServerName: "selene", JetStream: true, StoreDir: o.Dir, MaxPayload: MaxPayload,
		DontListen: o.Addr == "", NoSigs: true, NoLog: true,
		// The streams have limits of their own; reserving storage up front would refuse small disks.
		JetStreamMaxStore: 1 << 42, JetStreamMaxMemory: 1 << 33,
	}
	b := &Broker{dir: o.Dir, start: &start{failed: make(chan struct{})}}
	if o.Addr != "" {
		if err := listen(opts, o.Addr); err != nil {
			return nil, err
		}
		if err := b.admit(opts, o); err != nil {
			return nil, err
		}
	}
	s, err := server.NewServer(opts)
	if err != nil {
		return nil, fmt.Errorf("prepare the embedded broker in %s: %w", o.Dir, err)
	}
	b.server = s
	s.SetLogger(brokerLog{slog.Default().With("component", "broker"), b.start}, false, false)
	return b, nil
}

func listen(opts *server.Options, addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("the broker address must be host:port, not %q: %w", addr, err)
	}
	if opts.Port, err = strconv.Atoi(port); err != nil {
		return fmt.Errorf("the port of the broker address must be a number, not %q", addr)
	}
	if opts.Port == 0 {
		opts.Port = server.RANDOM_PORT
	}
	opts.Host = host
	return nil
}

// admit sets who may connect to a broker that listens.
func (b *Broker) admit(opts *server.Options, o BrokerOptions) (err error) {
	if opts.TLSConfig, err = o.TLS.serverConfig(); err != nil {
		return err
	}
	opts.TLS, opts.TLSVerify = opts.TLSConfig != nil, opts.TLSConfig != nil && opts.TLSConfig.ClientCAs != nil
	opts.TLSTimeout, opts.AuthTimeout = requestTimeout.Seconds(), requestTimeout.Seconds()
	if o.Credentials == "" {
		if ip := net.ParseIP(opts.Host); opts.Host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return fmt.Errorf("a broker that listens on %s needs credentials: other machines would read every face", o.Addr)
		}
		return nil
	}
	roles, err := WithPlugins(o.Plugins)
	if err != nil {
		return err
	}
	keys, err := EnsureCredentials(o.Credentials, roles)
	if err != nil {
		return err
	}
	if b.owner, err = nkeys.CreateUser(); err != nil {
		return fmt.Errorf("make the key of the broker's owner: %w", err)
	}
	key, err := b.owner.PublicKey()
	opts.Nkeys = append(users(roles, keys), &server.NkeyUser{Nkey: key})
	return err
}

// options returns those of a connection in this process.
func (b *Broker) options() ([]nats.Option, error) {
	opts := []nats.Option{nats.InProcessServer(b.server)}
	if b.owner == nil {
		return opts, nil
	}
	key, err := b.owner.PublicKey()
	return append(opts, nats.Nkey(key, b.owner.Sign)), err
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
