// Package announce notifies others of finished videos: a queue in Redis, a command, a URL, and the webhooks of exports. It
// follows VIDEOS with one durable consumer for each channel, so a channel that is down delays neither the others nor a
// video.
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
	"github.com/selene-liveness/selene/streams/links"
	"github.com/selene-liveness/selene/streams/settings"
	"github.com/selene-liveness/selene/streams/webhook"
	"github.com/selene-liveness/selene/workers"
)

// The channels, as announcements name them. Their consumers are called announce-redis and so on.
const (
	ChannelRedis   = "redis"
	ChannelCommand = "command"
	ChannelURL     = "url"
	ChannelWebhook = "webhook"
)

// Hook configures what is run or notified for each video.
type Hook struct {
	Command string        `envconfig:"COMMAND" desc:"program and arguments, separated by spaces, run for each finished video"`
	URL     string        `envconfig:"URL" desc:"URL that the record of each finished video is posted to"`
	Timeout time.Duration `envconfig:"TIMEOUT" default:"10s" desc:"timeout of one try of a command, a POST or a webhook"`
	Tries   int           `envconfig:"TRIES" default:"8" desc:"number of tries of a command, a POST or a webhook"`
}

// Options configure an Announcer.
type Options struct {
	Hook    Hook
	Secret  string           // signs the bodies of requests; empty = not signed
	URL     string           // of the installation, from which receivers fetch the videos; empty = links are relative to it
	Private webhook.Networks // that webhooks of exports may reach besides public addresses
}

// Announcer announces videos. All announcers on one broker must have the same options, since they share the work.
type Announcer struct {
	conn     *streams.Conn
	channels []*channel
	redis    *redisQueue
}

// New returns an announcer. The error names the option that is wrong.
func New(conn *streams.Conn, o Options) (*Announcer, error) {
	if o.Hook.Timeout <= 0 || o.Hook.Tries < 1 {
		return nil, fmt.Errorf(
			"SELENE_VIDEO_HOOK_TIMEOUT must be more than 0 and SELENE_VIDEO_HOOK_TRIES at least 1, not %s and %d",
			o.Hook.Timeout,
			o.Hook.Tries,
		)
	}
	if err := webhook.Check(o.URL); err != nil && o.URL != "" {
		return nil, fmt.Errorf("SELENE_URL: %w", err)
	}
	if o.Hook.URL != "" {
		if err := webhook.Check(o.Hook.URL); err != nil {
			return nil, fmt.Errorf("SELENE_VIDEO_HOOK_URL: %w", err)
		}
	}
	files := &addresses{settings.New(conn), links.New(conn, o.URL)}
	command, err := newCommand(o.Hook.Command, o.Hook.Timeout, files)
	if err != nil {
		return nil, fmt.Errorf("SELENE_VIDEO_HOOK_COMMAND: %w", err)
	}
	queue := &redisQueue{store: settings.New(conn), files: files}
	url := &urlHook{webhook.Trusted(o.Secret, o.Hook.Timeout), o.Hook.URL, files}
	hook := &exportHook{exports.New(conn), files, webhook.New(o.Secret, o.Hook.Timeout, o.Private)}
	ackWait := 3*o.Hook.Timeout + time.Minute // a message that is fetched ahead waits for those being handled
	return &Announcer{
		conn,
		[]*channel{
			{ChannelRedis, streams.Work{Concurrency: 1, AckWait: time.Minute, MaxTries: forever}, queue.announce},
			{
				ChannelCommand,
				streams.Work{Concurrency: 2, AckWait: ackWait, MaxTries: o.Hook.Tries, Delay: hookRetries.Delay},
				command.announce,
			},
			{ChannelURL, streams.Work{Concurrency: 4, AckWait: ackWait, MaxTries: o.Hook.Tries, Delay: hookRetries.Delay}, url.announce},
			{
				ChannelWebhook,
				streams.Work{Concurrency: 4, AckWait: ackWait, MaxTries: o.Hook.Tries, Delay: hookRetries.Delay},
				hook.announce,
			},
		},
		queue,
	}, nil
}

// hookRetries outlasts a restart of the receiver: the eighth try comes a quarter of an hour after the first.
var hookRetries = backoff.Policy{First: time.Second, Most: 5 * time.Minute, Factor: 4}

// forever is more than the number of tries before a message expires from its stream, and small enough to be multiplied.
const forever = math.MaxInt32

// Run works until ctx is done. Videos that were not announced by then are announced by the next process.
func (a *Announcer) Run(ctx context.Context) error {
	defer a.redis.close()
	group, ctx := errgroup.WithContext(ctx)
	for _, c := range a.channels {
		work := c.work
		work.Stream, work.Durable = streams.Videos, "announce-"+c.name
		work.Observe = workers.Observer(work.Durable)
		limiter := &pace{}
		group.Go(func() error {
			return a.conn.Consume(ctx, work, func(job context.Context, d *streams.Delivery) error {
				if c.work.MaxTries == forever {
					return limiter.run(ctx, func() error { return a.handle(job, c, d) })
				}
				return a.handle(job, c, d)
			})
		})
	}
	return group.Wait()
}

// channel is one way of notifying others.
type channel struct {
	name     string
	work     streams.Work // MaxTries = forever tries as long as the stream keeps the message
	announce func(context.Context, *schemas.VideoStatus) (outcome, error)
}

// outcome is the receiver, without secrets, and its response. An empty target means that no receiver is configured.
type outcome struct{ target, detail string }

// handle announces a finished video and stores the result.
func (a *Announcer) handle(ctx context.Context, c *channel, d *streams.Delivery) error {
	status, err := streams.Decode(d, &schemas.VideoStatus{})
	if err != nil || !finished(status.GetStatus()) {
		return err
	}
	sent, err := c.announce(ctx, status)
	switch {
	case err == nil && sent.target == "":
		return nil
	case err != nil && (!d.Last || ctx.Err() != nil):
		return streams.Blame(streams.Infrastructure, err)
	case err != nil:
		sent.detail = err.Error()
		slog.Error("announcing a video failed after the last try", "channel", c.name, "session", d.Session, "tries", d.Try, "error", err)
	}
	return storeOutcome(ctx, a.conn, &schemas.Announcement{
		Version: schemas.Version, Session: d.Session, Job: status.GetJob(), Means: c.name, Target: sent.target,
		Tries: uint32(d.Try), Delivered: err == nil, Detail: sent.detail, AtUnixNanos: time.Now().UnixNano(),
	})
}

func finished(status string) bool {
	return status == schemas.VideoSuccess || status == schemas.VideoError || status == schemas.VideoCanceled
}
