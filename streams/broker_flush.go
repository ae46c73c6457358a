package streams

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// The values of SELENE_SYNC.
const (
	SyncAlways   = "always"
	SyncInterval = "interval"
)

// flushed are the streams without which a token that was issued could not be confirmed: decisions, steps of sessions, and the keys
// that open both. The broker itself flushes every stream within syncInterval.
var flushed = []string{Decisions, Sessions, BucketStream(BucketKeys)}

// syncInterval is that of nats-server. The blocks that it has not flushed were written since.
const syncInterval = 2 * time.Minute

// ServiceFlusher flushes what an embedded broker in another process has stored.
var ServiceFlusher = Service{"selene-flusher", "flushes decisions to the disk", flushAsk}

// Flush returns once the decisions and session events that were stored before are on the disk of an embedded broker, unless its
// options leave that to an interval. Any other nats-server flushes as its configuration says (sync_interval).
func (c *Conn) Flush(ctx context.Context) error {
	if c.broker != nil {
		return c.broker.flush()
	}
	_, err := c.Request(ctx, ServiceFlusher, nil)
	if errors.Is(err, ErrNoService) {
		return nil
	}
	return err
}

// ServeFlush lets other processes flush the broker of this one, until ctx is done.
func (c *Conn) ServeFlush(ctx context.Context) error {
	return c.Serve(ctx, ServiceFlusher, func(context.Context, []byte) ([]byte, error) { return nil, c.broker.flush() })
}

// flush serves all that wait for it at once.
func (b *Broker) flush() error {
	if b.sync == SyncInterval {
		return nil
	}
	mine := b.asked.Add(1)
	b.flushing.Lock()
	defer b.flushing.Unlock()
	if b.flushedUpTo >= mine {
		return nil
	}
	upTo := b.asked.Load()
	for _, name := range flushed {
		if err := b.flushStream(name); err != nil {
			return Blame(Infrastructure, fmt.Errorf("flush %s to the disk: %w", name, err))
		}
	}
	b.flushedUpTo = upTo
	return nil
}

// flushStream flushes the blocks that were written lately, and the folder that names them.
func (b *Broker) flushStream(name string) error {
	folders, err := filepath.Glob(filepath.Join(b.options.StoreDir, "jetstream", "*", "streams", name, "msgs"))
	if err != nil {
		return err
	}
	if len(folders) == 0 {
		return fmt.Errorf("no folder of the stream below %s: %w", b.options.StoreDir, fs.ErrNotExist)
	}
	for _, folder := range folders {
		entries, err := os.ReadDir(folder)
		if err != nil {
			return err
		}
		for _, e := range entries {
			info, err := e.Info()
			if errors.Is(err, fs.ErrNotExist) || err == nil && time.Since(info.ModTime()) > 2*syncInterval {
				continue
			}
			if err == nil {
				err = b.syncFile(filepath.Join(folder, e.Name()))
			}
			if err != nil && !errors.Is(err, fs.ErrNotExist) { // the broker removes blocks as it goes
				return err
			}
		}
		if err := b.syncFile(folder); err != nil {
			return err
		}
	}
	return nil
}

// fsync flushes a file or a folder.
func fsync(path string) error {
	f, err := os.Open(path) //nolint:gosec // of the data folder
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
