package streams

import (
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
)

// MaxPayload is the largest message of an embedded broker, in bytes: the largest image an edge takes, and its state.
const MaxPayload = 16 * megabyte

// Broker is a nats-server with JetStream inside this process.
type Broker struct {
	server  atomic.Pointer[server.Server] // another one after the disk was full
	options *server.Options
	start   *start
	owner   nkeys.KeyPair // admin of a broker with users, known to this process alone

	sync        string             // SyncAlways or SyncInterval
	syncFile    func(string) error // fsync; tests count
	asked       atomic.Uint64      // calls of flush
	flushing    sync.Mutex
	flushedUpTo uint64 // calls that are served
}

// BrokerOptions say where a broker keeps its streams, and who may use it.
type BrokerOptions struct {
	Dir         string   // of the streams
	Addr        string   // to listen on, such as "127.0.0.1:4222"; empty = it serves this process alone
	Credentials string   // folder of the credentials of the roles, created as needed; empty = anybody on this machine may do anything
	Plugins     []string // roles besides the built-in ones
	TLS         TLS
	Sync        string // SyncAlways (also "") or SyncInterval: whether Conn.Flush flushes
}

// NewBroker prepares a broker. It refuses to listen on an address that other machines reach without credentials.
func NewBroker(o BrokerOptions) (*Broker, error) {
	opts := &server.Options{
		ServerName: "selene", JetStream: true, StoreDir: o.Dir, MaxPayload: MaxPayload,
		DontListen: o.Addr == "", NoSigs: true, NoLog: true,
		// The streams have limits of their own; reserving storage up front would refuse small disks.
		JetStreamMaxStore: 1 << 42, JetStreamMaxMemory: 1 << 33,
	}
	b := &Broker{options: opts, start: &start{failed: make(chan struct{})}, sync: o.Sync, syncFile: fsync}
	if o.Sync != "" && o.Sync != SyncAlways && o.Sync != SyncInterval {
		return nil, fmt.Errorf("SELENE_SYNC is %q: use %s or %s", o.Sync, SyncAlways, SyncInterval)
	}
	if o.Addr != "" {
		if err := listen(opts, o.Addr); err != nil {
			return nil, err
		}
		if err := b.admit(opts, o); err != nil {
			return nil, err
		}
	}
	return b, b.prepare()
}

// prepare makes the server that serves next.
func (b *Broker) prepare() error {
	s, err := server.NewServer(b.options.Clone())
	if err != nil {
		return fmt.Errorf("prepare the embedded broker in %s: %w", b.options.StoreDir, err)
	}
	s.SetLogger(brokerLog{slog.Default().With("component", "broker"), b.start}, false, false)
	b.server.Store(s)
	return nil
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

// connection returns the options of a connection in this process.
func (b *Broker) connection() ([]nats.Option, error) {
	opts := []nats.Option{nats.InProcessServer(b)}
	if b.owner == nil {
		return opts, nil
	}
	key, err := b.owner.PublicKey()
	return append(opts, nats.Nkey(key, b.owner.Sign)), err
}
