package events

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/backoff"
	"github.com/selene-liveness/selene/streams/webhook"
)

// Poster posts events to the hooks. All edges share the work of each hook. A slow or unreachable hook does not delay others.
type Poster struct {
	Conn    *streams.Conn
	Private webhook.Networks // that hooks may reach

	tries int                     // before an event goes to the dead letters
	delay func(int) time.Duration // before the next try
	limit time.Duration           // for one post

	hooks map[string]*Hook
	posts map[string]*posting

	mu     sync.Mutex
	states map[string]State
}

// posting is a hook to which this process posts.
type posting struct {
	stop  context.CancelFunc
	ended chan struct{}
}

const (
	postTries  = 10 // 8 minutes
	postLimit  = 10 * time.Second
	postAtOnce = 4 // events of one kind to one hook
	// A hook is paused after pauseAfter dead letters in a row, so that later events wait instead.
	pauseAfter = 3
	postWait   = 30 * time.Second
	stateTime  = 5 * time.Second
)

var (
	postRetries  = backoff.Policy{First: time.Second, Most: 5 * time.Minute}
	watchRetries = backoff.Policy{First: time.Second, Most: 30 * time.Second}
)

// NewPoster returns a poster that does nothing before Run.
func NewPoster(conn *streams.Conn, private webhook.Networks) *Poster {
	return &Poster{
		Conn: conn, Private: private, tries: postTries, delay: postRetries.Delay, limit: postLimit,
		hooks: map[string]*Hook{}, states: map[string]State{}, posts: map[string]*posting{},
	}
}

// Run posts until ctx is done, and then waits for running posts.
func (p *Poster) Run(ctx context.Context) error {
	for try := 1; ctx.Err() == nil; try++ {
		for v, err := range p.Conn.Bucket(streams.BucketWebhooks).Watch(ctx, ">") {
			switch {
			case err != nil:
				slog.Warn("read webhooks", "error", err)
			case v != nil && v.Deleted:
				p.changed(ctx, v.Key, nil)
			case v != nil:
				p.changed(ctx, v.Key, v.Data)
			}
		}
		watchRetries.Wait(ctx, try)
	}
	for _, running := range p.posts {
		<-running.ended
	}
	return nil
}

// changed starts or stops posting as a changed key of the bucket demands.
func (p *Poster) changed(ctx context.Context, key string, data []byte) {
	id, isHook := keyOf(key)
	switch {
	case data == nil && isHook:
		delete(p.hooks, id)
	case data == nil:
		p.setState(id, State{})
	case isHook:
		h := &Hook{}
		if err := json.Unmarshal(data, h); err != nil {
			slog.Error("decode webhook", "key", key, "error", err)
			return
		}
		p.hooks[id] = h
	default:
		var s State
		if err := json.Unmarshal(data, &s); err != nil {
			slog.Error("decode state of webhook", "key", key, "error", err)
			return
		}
		p.setState(id, s)
	}
	hook, running := p.hooks[id], p.posts[id]
	wanted := hook != nil && !p.state(id).Paused
	if running != nil && !wanted {
		delete(p.posts, id)
		running.stop()
		<-running.ended
	}
	if hook == nil && isHook && data == nil {
		forget, cancel := context.WithTimeout(context.WithoutCancel(ctx), stateTime)
		defer cancel()
		if err := removeConsumers(forget, p.Conn, id); err != nil {
			slog.Warn("read webhooks", "error", err)
		}
	}
	if running == nil && wanted {
		post, stop := context.WithCancel(ctx)
		started := &posting{stop, make(chan struct{})}
		p.posts[id] = started
		go func() {
			defer close(started.ended)
			p.post(post, hook)
		}()
	}
}

func (p *Poster) state(id string) State {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.states[id]
}

func (p *Poster) setState(id string, s State) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s == (State{}) {
		delete(p.states, id)
		return
	}
	p.states[id] = s
}

// post posts the events that match a hook until ctx is done.
func (p *Poster) post(ctx context.Context, h *Hook) {
	sender := webhook.New(h.Secret, p.limit, p.Private)
	defer sender.Close()
	var group errgroup.Group
	for _, k := range h.Filter.Wanted() {
		work := streams.Work{
			Stream: k.Stream(), Durable: consumerOf(h.ID), From: h.After[k] + 1,
			Concurrency: postAtOnce, AckWait: postWait, MaxTries: p.tries, Delay: p.delay,
		}
		group.Go(func() error {
			return p.Conn.Consume(
				ctx,
				work,
				func(ctx context.Context, d *streams.Delivery) error { return p.deliver(ctx, h, sender, k, d) },
			)
		})
	}
	if err := group.Wait(); err != nil {
		slog.Error("post to webhook", "webhook", h.ID, "error", err)
	}
}

func (p *Poster) deliver(ctx context.Context, h *Hook, sender *webhook.Sender, k Kind, d *streams.Delivery) error {
	e := Read(k, streams.Followed{Session: d.Session, Sequence: d.Sequence, Stored: d.Stored, Data: d.Data})
	if e == nil || !h.Filter.Wants(e) {
		return nil
	}
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode %s: %w", e.ID, err)
	}
	_, err = sender.Post(ctx, h.URL, body)
	if err == nil {
		p.note(ctx, h.ID, nil)
		return nil
	}
	if ctx.Err() != nil || !d.Last {
		return streams.Blame(streams.Infrastructure, err)
	}
	p.note(ctx, h.ID, err)
	return streams.Blame(streams.Input, fmt.Errorf("webhook %s: gave up after %d tries: %w", h.ID, d.Try, err))
}

// note stores the result: a failure, or the end of failures.
func (p *Poster) note(ctx context.Context, id string, failure error) {
	if failure == nil && p.state(id).GivenUp == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, stateTime)
	defer cancel()
	now := time.Now().UTC()
	err := changeState(ctx, p.Conn, id, func(s *State) {
		if failure == nil {
			s.GivenUp = 0
			return
		}
		s.GivenUp, s.LastError, s.FailedAt = s.GivenUp+1, failure.Error(), &now
		s.Paused = s.Paused || s.GivenUp >= pauseAfter
	})
	if err != nil {
		slog.Warn("store state of webhook", "webhook", id, "error", err)
	}
}
