// Package announce tells others of finished videos: a queue in Redis, a command, a URL, and the webhooks of exports. It
// follows VIDEOS with one durable consumer a means, so that one that is down holds up neither the others nor a video.
package announce

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/backoff"
	"github.com/selene-liveness/selene/streams/exports"
	"github.com/selene-liveness/selene/streams/settings"
	"github.com/selene-liveness/selene/streams/webhook"
	"github.com/selene-liveness/selene/workers"
)

// The means, as announcements name them. The consumers are called announce-redis and so on.
const (
	MeansRedis   = "redis"
	MeansCommand = "command"
	MeansURL     = "url"
	MeansWebhook = "webhook"
)

// Hook is what the environment says of what is run or told for each video.
type Hook struct {
	Command string        `envconfig:"COMMAND" desc:"program and arguments, between spaces, run for each finished video"`
	URL     string        `envconfig:"URL" desc:"where the record of each finished video is posted"`
	Timeout time.Duration `envconfig:"TIMEOUT" default:"10s" desc:"how long one try of a command, a post or a webhook may take"`
	Tries   int           `envconfig:"TRIES" default:"8" desc:"tries of a command, a post or a webhook before it is given up"`
}

// Options of an Announcer.
type Options struct {
	Hook   Hook
	Secret string // signs what is posted; empty = not signed
	URL    string // of the installation, where those who are told fetch the videos
	Public bool   // webhooks of exports at private addresses are not reached
}

// Announcer tells of videos. All that share a broker must have the same options: each takes a share of the work.
type Announcer struct {
	conn  *streams.Conn
	means []*means
	redis *redisQueue
}

// New returns an announcer, or an error that says what is wrong with the options.
func New(conn *streams.Conn, o Options) (*Announcer, error) {
	if o.Hook.Timeout <= 0 || o.Hook.Tries < 1 {
		return nil, fmt.Errorf("SELENE_VIDEO_HOOK_TIMEOUT must be more than 0 and SELENE_VIDEO_HOOK_TRIES at least 1, not %s and %d", o.Hook.Timeout, o.Hook.Tries)
	}
	if err := webhook.Check(o.URL); err != nil {
		return nil, fmt.Errorf("SELENE_URL: %w", err)
	}
	if o.Hook.URL != "" {
		if err := webhook.Check(o.Hook.URL); err != nil {
			return nil, fmt.Errorf("SELENE_VIDEO_HOOK_URL: %w", err)
		}
	}
	command, err := newCommand(o.Hook.Command, o.Hook.Timeout, o.URL)
	if err != nil {
		return nil, fmt.Errorf("SELENE_VIDEO_HOOK_COMMAND: %w", err)
	}
	post := webhook.New(o.Secret, o.Hook.Timeout)
	queue := &redisQueue{store: settings.New(conn), url: o.URL}
	url := &urlHook{post, o.Hook.URL, o.URL}
	hook := &exportHook{exports.New(conn), post}
	if o.Public {
		hook.post = webhook.New(o.Secret, o.Hook.Timeout).PublicOnly()
	}
	patience := 3*o.Hook.Timeout + time.Minute // one that is fetched ahead waits for those under way
	return &Announcer{conn, []*means{
		{MeansRedis, streams.Work{Concurrency: 1, AckWait: time.Minute, MaxTries: forever}, queue.tell},
		{MeansCommand, streams.Work{Concurrency: 2, AckWait: patience, MaxTries: o.Hook.Tries, Delay: hookRetries.Delay}, command.tell},
		{MeansURL, streams.Work{Concurrency: 4, AckWait: patience, MaxTries: o.Hook.Tries, Delay: hookRetries.Delay}, url.tell},
		{MeansWebhook, streams.Work{Concurrency: 4, AckWait: patience, MaxTries: o.Hook.Tries, Delay: hookRetries.Delay}, hook.tell},
	}, queue}, nil
}

// hookRetries outlast a restart of the receiver: the eighth try comes a quarter of an hour after the first.
var hookRetries = backoff.Policy{First: time.Second, Most: 5 * time.Minute, Factor: 4}

// forever is more often than a message can be tried before its stream forgets it, and small enough to be multiplied.
const forever = math.MaxInt32

// Run works until ctx is done. What was not told by then is told by the next process.
func (a *Announcer) Run(ctx context.Context) error {
	defer a.redis.close()
	group, ctx := errgroup.WithContext(ctx)
	for _, m := range a.means {
		work := m.work
		work.Stream, work.Durable = streams.Videos, "announce-"+m.name
		work.Observe = workers.Observer(work.Durable)
		slow := &pace{}
		group.Go(func() error {
			return a.conn.Consume(ctx, work, func(job context.Context, d *streams.Delivery) error {
				if m.work.MaxTries == forever {
					return slow.keep(ctx, func() error { return a.handle(job, m, d) })
				}
				return a.handle(job, m, d)
			})
		})
	}
	return group.Wait()
}

// means is one way of telling others.
type means struct {
	name string
	work streams.Work // MaxTries is how often it is tried; forever = as long as the stream keeps the message
	tell func(context.Context, *schemas.VideoStatus) (outcome, error)
}

// outcome is who was told, without secrets, and what they said. An empty target means that nobody wants to be told.
type outcome struct{ target, detail string }

// handle tells of a finished video and stores how that went.
func (a *Announcer) handle(ctx context.Context, m *means, d *streams.Delivery) error {
	status, err := streams.Decode(d, &schemas.VideoStatus{})
	if err != nil || !finished(status.GetStatus()) {
		return err
	}
	told, err := m.tell(ctx, status)
	switch {
	case err == nil && told.target == "":
		return nil
	case err != nil && (!d.Last || ctx.Err() != nil):
		return streams.Blame(streams.Infrastructure, err)
	case err != nil:
		told.detail = err.Error()
		slog.Error("gave up telling of a video", "means", m.name, "session", d.Session, "tries", d.Try, "error", err)
	}
	return storeOutcome(ctx, a.conn, &schemas.Announcement{
		Version: schemas.Version, Session: d.Session, Job: status.GetJob(), Means: m.name, Target: told.target,
		Tries: uint32(d.Try), Delivered: err == nil, Detail: told.detail, AtUnixNanos: time.Now().UnixNano(),
	})
}

func finished(status string) bool {
	return status == schemas.VideoSuccess || status == schemas.VideoError || status == schemas.VideoCanceled
}
