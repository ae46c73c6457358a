package streams

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/mod/semver"

	"github.com/selene-liveness/selene/streams/media"
	"github.com/selene-liveness/selene/streams/seal"
)

// Conn is a connection to the broker, on which every stream and bucket exists. It is safe for concurrent use.
type Conn struct {
	nc *nats.Conn
	js jetstream.JetStream

	buckets map[string]*Bucket
	media   media.Store
	streams map[string]jetstream.Stream
	ttl     media.TTL
	asides  asides
	keys    *Keys
	role    Role // the zero value may do anything
	broker  *Broker
}

// Options are the address of the broker and the limits of what it stores.
type Options struct {
	URL    string  // nats://host:port, several with commas
	Broker *Broker // an embedded broker instead of URL
	Name   string  // shown in the broker's list of connections

	// Credentials is the file with the credentials of a role, or a folder with those of Role; empty = none. A role other than admin
	// creates no stream: it uses those that are there.
	Credentials, Role string
	TLS               TLS

	Limits Limits
	Media  media.Config // the zero value means media.DefaultConfig
	Master *seal.Master // encrypts the keys of sessions; nil = what this connection stores is not sealed, and it can read nothing that is
}

// requestTimeout bounds every call to the broker whose context has no deadline.
const requestTimeout = 5 * time.Second

// Connect connects to the broker, checks its version and limits, and creates or updates every stream and bucket, unless it connects
// as a role that may not. It returns a *ConflictError for an existing stream that cannot be changed without losing messages, and
// leaves it as it is.
func Connect(ctx context.Context, o Options) (*Conn, error) {
	if o.Limits == (Limits{}) {
		o.Limits = DefaultLimits()
	}
	c := newConn()
	c.broker = o.Broker
	opts, err := c.options(ctx, o)
	if err != nil {
		return nil, err
	}
	if o.Media == (media.Config{}) {
		o.Media = media.DefaultConfig()
	}
	opts = append(opts, nats.ReconnectHandler(func(*nats.Conn) { go c.restore(o.Limits) }))
	if err := c.dial(o.URL, opts); err != nil {
		return nil, err
	}
	if err := c.prepare(ctx, o.Limits, o.Media, o.Master); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func newConn() *Conn {
	return &Conn{
		streams: map[string]jetstream.Stream{}, buckets: map[string]*Bucket{}, asides: asides{workers: map[string]*aside{}}, keys: &Keys{},
	}
}

func connectionOptions(name string) []nats.Option {
	return []nats.Option{
		nats.Name(name), nats.MaxReconnects(-1), nats.ReconnectWait(200 * time.Millisecond), nats.Timeout(requestTimeout),
		nats.ReconnectBufSize(-1), // a publish while the broker is unreachable fails at once: nothing is promised before it is stored
		nats.ErrorHandler(func(_ *nats.Conn, sub *nats.Subscription, err error) {
			subject := ""
			if sub != nil {
				subject = sub.Subject
			}
			slog.Warn("broker connection", "error", err, "subject", subject)
		}),
	}
}

// dial connects to a broker that is new enough.
func (c *Conn) dial(url string, opts []nats.Option) (err error) {
	if c.nc, err = nats.Connect(url, opts...); err != nil {
		return whyNot(url, err)
	}
	defer func() {
		if err != nil {
			c.Close()
		}
	}()
	if err := checkVersion(c.nc.ConnectedServerVersion()); err != nil {
		return err
	}
	if err := checkOpen(c.nc); err != nil {
		return err
	}
	if got := c.nc.MaxPayload(); got < MaxPayload {
		return fmt.Errorf(
			"the broker accepts messages of %d bytes, but frames need %d: set max_payload: %d in its configuration",
			got,
			MaxPayload,
			MaxPayload,
		)
	}
	if c.js, err = jetstream.New(c.nc, jetstream.WithDefaultTimeout(requestTimeout)); err != nil {
		return fmt.Errorf("set up JetStream: %w", err)
	}
	return nil
}

func (c *Conn) prepare(ctx context.Context, l Limits, m media.Config, master *seal.Master) error {
	var err error
	for _, want := range topology(l) {
		if !c.role.knows(want.Name) {
			continue
		}
		if c.streams[want.Name], err = c.openStream(ctx, want); err != nil {
			return err
		}
	}
	for _, want := range buckets(l) {
		if !c.role.knows(BucketStream(want.Bucket)) {
			continue
		}
		kv, err := c.makeBucket(ctx, want)
		if err != nil {
			return err
		}
		if c.buckets[want.Bucket], err = c.openBucket(ctx, want.Bucket, kv); err != nil {
			return err
		}
	}
	if err := c.openKeys(ctx, master, l); err != nil {
		return err
	}
	if !c.role.knows(mediaStream) {
		return nil
	}
	return c.openMedia(ctx, m, l)
}

// restore creates the streams again that the broker kept in memory and lost in a restart.
func (c *Conn) restore(l Limits) {
	ctx, cancel := context.WithTimeout(context.Background(), 4*requestTimeout)
	defer cancel()
	for _, want := range topology(l) {
		if want.Storage != jetstream.MemoryStorage || !c.role.creates(want.Name) {
			continue
		}
		if _, err := c.openStream(ctx, want); err != nil {
			slog.Error("create a stream again after reconnecting to the broker", "stream", want.Name, "error", err)
		}
	}
}

// Embedded returns the broker of this process, nil for another one.
func (c *Conn) Embedded() *Broker { return c.broker }

// Close closes the connection.
func (c *Conn) Close() { c.nc.Close() }

// Ready returns nil when the broker answers.
func (c *Conn) Ready(ctx context.Context) error {
	if !c.nc.IsConnected() {
		return errors.New("not connected to the broker")
	}
	if _, err := c.js.AccountInfo(ctx); err != nil {
		return fmt.Errorf("the broker does not answer: %w", err)
	}
	return nil
}

// DefaultLimits returns the limits for a single machine.
func DefaultLimits() Limits {
	return Limits{Replicas: 1, FramesAge: day, FramesBytes: 4096 * megabyte, DecisionsAge: 30 * day}
}

// checkVersion refuses brokers with known faults in TTL markers and compare-and-set. 2.12 got the fixes in a patch release.
func checkVersion(version string) error {
	v := semver.Canonical("v" + version)
	v = strings.TrimSuffix(v, semver.Prerelease(v)) // a release candidate has the fixes of its release
	if semver.Compare(v, "v2.14.5") >= 0 || semver.MajorMinor(v) == "v2.12" && semver.Compare(v, "v2.12.15") >= 0 {
		return nil
	}
	return fmt.Errorf("nats-server %s is too old: use 2.12.15, 2.14.5 or newer", version)
}
