package streams

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/seal"
)

// flushing runs a broker that notes which files it flushes.
func flushing(t *testing.T, sync string) (b *Broker, conn *Conn, files *fileNotes) {
	t.Helper()
	b, err := NewBroker(BrokerOptions{Dir: t.TempDir(), Addr: "127.0.0.1:0", Sync: sync})
	if err != nil {
		t.Fatal(err)
	}
	files = &fileNotes{flush: b.syncFile}
	b.syncFile = files.note
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	if conn, err = Connect(t.Context(), Options{Broker: b, Master: seal.NewMaster(make([]byte, seal.KeySize))}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return b, conn, files
}

type fileNotes struct {
	mu    sync.Mutex
	flush func(string) error
	names []string
}

func (n *fileNotes) note(path string) error {
	err := n.flush(path)
	n.mu.Lock()
	defer n.mu.Unlock()
	if err == nil {
		n.names = append(n.names, path)
	}
	return err
}

// of returns the names of the flushed files of a stream.
func (n *fileNotes) of(stream string) (names []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, name := range n.names {
		if strings.Contains(name, "/"+stream+"/") {
			names = append(names, filepath.Base(name))
		}
	}
	return names
}

func decide(t *testing.T, conn *Conn) {
	t.Helper()
	id := uuid.NewString()
	d := &schemas.Decision{
		Version: schemas.Version, Name: &schemas.FrameName{Session: id, Sequence: 1, Nonce: "n"}, Outcome: schemas.Outcome_OUTCOME_PASSED,
		State: &schemas.SessionState{Sequence: 1},
	}
	if _, err := conn.PublishDecision(t.Context(), d, 0); err != nil {
		t.Fatal(err)
	}
	e := &schemas.SessionEvent{Version: schemas.Version, Session: id, Kind: schemas.SessionEventKind_SESSION_OPENED, AtUnixNanos: time.Now().UnixNano()}
	if err := conn.PublishSessionEvent(t.Context(), e); err != nil {
		t.Fatal(err)
	}
}

func TestFlushWritesDecisionsEventsAndTheirKeysToTheDisk(t *testing.T) {
	for _, sync := range []string{"", SyncAlways} {
		b, conn, files := flushing(t, sync)
		decide(t, conn)
		if err := conn.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, stream := range []string{Decisions, Sessions, "KV_keys"} {
			if got := files.of(stream); !slices.Contains(got, "1.blk") || !slices.Contains(got, "msgs") {
				t.Errorf("flushed of %s: %v", stream, got)
			}
		}
		if got := files.of(Frames); len(got) > 0 {
			t.Errorf("flushed of FRAMES: %v", got)
		}
		// Another process, without and with the service.
		other, err := Connect(t.Context(), Options{URL: b.URL(), Master: seal.NewMaster(make([]byte, seal.KeySize))})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(other.Close)
		if err := other.Flush(t.Context()); err != nil {
			t.Errorf("a broker that is not asked to flush: %v", err)
		}
		before := len(files.of(Decisions))
		ctx, stop := context.WithCancel(t.Context())
		served := make(chan error)
		go func() { served <- conn.ServeFlush(ctx) }()
		for len(files.of(Decisions)) == before {
			if err := other.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	}
}

func TestFlushIsLeftToTheInterval(t *testing.T) {
	_, conn, files := flushing(t, SyncInterval)
	decide(t, conn)
	if err := conn.Flush(t.Context()); err != nil || len(files.names) > 0 {
		t.Errorf("flushed %v, %v", files.names, err)
	}
	if _, err := NewBroker(BrokerOptions{Dir: t.TempDir(), Sync: "never"}); err == nil {
		t.Error("a word that is none of the two is accepted")
	}
}

func TestFlushFailsWhereItCannotReachTheDisk(t *testing.T) {
	b, conn, files := flushing(t, SyncAlways)
	decide(t, conn)
	files.flush = func(string) error { return os.ErrPermission }
	if err := conn.Flush(t.Context()); !errors.Is(err, os.ErrPermission) {
		t.Errorf("got %v", err)
	}
	b.options.StoreDir = t.TempDir()
	if err := conn.Flush(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// BenchmarkFlush measures what a session costs more that passes.
func BenchmarkFlush(b *testing.B) {
	for _, sync := range []string{SyncInterval, SyncAlways} {
		b.Run(sync, func(b *testing.B) { benchmarkFlush(b, sync) })
	}
}

func benchmarkFlush(b *testing.B, sync string) {
	broker, err := NewBroker(BrokerOptions{Dir: b.TempDir(), Sync: sync})
	if err != nil {
		b.Fatal(err)
	}
	go broker.Run(b.Context())
	conn, err := Connect(b.Context(), Options{Broker: broker, Master: seal.NewMaster(make([]byte, seal.KeySize))})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(conn.Close)
	for b.Loop() {
		d := &schemas.Decision{
			Version: schemas.Version, Name: &schemas.FrameName{Session: uuid.NewString(), Sequence: 1, Nonce: "n"}, State: &schemas.SessionState{Sequence: 1},
		}
		if _, err := conn.PublishDecision(b.Context(), d, 0); err != nil {
			b.Fatal(err)
		}
		if err := conn.Flush(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
