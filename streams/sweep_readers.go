package streams

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// The bucket of readers keeps sweepers off what is read or written. A reader puts its mark on the object's name and then
// looks for a sweeper's; a sweeper puts its mark and then looks for readers'. Whatever the order, one of them sees the
// other: the reader finds nothing, the writer waits, or the sweeper steps back. Marks expire with whoever made them.
const (
	readersStream = "KV_" + BucketReaders
	readerTTL     = 30 * time.Second
	sweeperMark   = "sweeper"
)

// marksKey is the beginning of the keys on a name, which may hold what keys may not.
func marksKey(name string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(name)) + "."
}

func marksSubject(key string) string { return "$KV." + BucketReaders + "." + key }

// announceReader says that the object is being read until released, or until ctx is done.
func (c *Conn) announceReader(ctx context.Context, name string) (release func(), err error) {
	key := marksKey(name) + uuid.NewString()
	if err := c.markReader(ctx, key); err != nil {
		return nil, err
	}
	_, swept, err := c.marksOn(ctx, name)
	if err == nil && swept {
		err = fmt.Errorf("object %s is being swept: %w", name, ErrNotFound)
	}
	if err != nil {
		c.unmark(ctx, key)
		return nil, err
	}
	beating, stop := context.WithCancel(ctx)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(c.readerTTL / 3)
		defer tick.Stop()
		for {
			select {
			case <-beating.Done():
				return
			case <-tick.C:
			}
			if err := c.markReader(beating, key); err != nil && beating.Err() == nil {
				slog.Warn("keep a file that is read from being swept", "object", name, "error", err)
			}
		}
	}()
	return func() {
		stop()
		<-stopped
		c.unmark(ctx, key)
	}, nil
}

const sweptPause = 100 * time.Millisecond

// announceWriter is announceReader for who does not mind that the object is being swept, and waits.
func (c *Conn) announceWriter(ctx context.Context, name string) (release func(), err error) {
	for {
		release, err := c.announceReader(ctx, name)
		if !errors.Is(err, ErrNotFound) {
			return release, err
		}
		select {
		case <-ctx.Done():
			return nil, Blame(Infrastructure, fmt.Errorf("store object %s once it is swept: %w", name, ctx.Err()))
		case <-time.After(sweptPause):
		}
	}
}

func (c *Conn) markReader(ctx context.Context, key string) error {
	if _, err := c.js.PublishMsg(ctx, &nats.Msg{Subject: marksSubject(key)}, jetstream.WithMsgTTL(c.readerTTL)); err != nil {
		return Blame(Infrastructure, fmt.Errorf("announce the reader of an object: %w", err))
	}
	return nil
}

// unmark removes a mark at once. One that stays expires.
func (c *Conn) unmark(ctx context.Context, key string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), requestTimeout)
	defer cancel()
	if err := c.Bucket(BucketReaders).stream.stream.Purge(ctx, jetstream.WithPurgeSubject(marksSubject(key))); err != nil {
		slog.Debug("an object's mark stays until it expires", "error", err)
	}
}

// marksOn says who has a mark on a name. The leader of the stream is asked, who has seen every mark that was
// acknowledged; single messages may come from a server behind it, and then count as marks.
func (c *Conn) marksOn(ctx context.Context, name string) (readers int, swept bool, err error) {
	stream := c.Bucket(BucketReaders).stream.stream
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter(marksSubject(marksKey(name)+"*")))
	if err != nil {
		return 0, false, Blame(Infrastructure, fmt.Errorf("look who reads object %s: %w", name, err))
	}
	for subject := range info.State.Subjects {
		msg, err := stream.GetLastMsgForSubject(ctx, subject)
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound):
		case err != nil:
			return 0, false, Blame(Infrastructure, fmt.Errorf("look who reads object %s: %w", name, err))
		case msg.Header.Get(headerMarkerReason) != "": // it has expired
			continue
		}
		if strings.HasSuffix(subject, "."+sweeperMark) {
			swept = true
		} else {
			readers++
		}
	}
	return readers, swept, nil
}

// claimObject lets the caller delete an object while ctx lasts. It says false when somebody reads or sweeps it.
func (c *Conn) claimObject(ctx context.Context, name string) (release func(), ok bool, err error) {
	key := marksKey(name) + sweeperMark
	if _, err := c.kv(BucketReaders).Create(ctx, key, nil, jetstream.KeyTTL(c.readerTTL)); errors.Is(err, jetstream.ErrKeyExists) {
		return nil, false, nil
	} else if err != nil {
		return nil, false, Blame(Infrastructure, fmt.Errorf("announce the sweeper of object %s: %w", name, err))
	}
	release = func() { c.unmark(ctx, key) }
	readers, _, err := c.marksOn(ctx, name)
	if err != nil || readers > 0 {
		release()
		return nil, false, err
	}
	return release, true, nil
}
