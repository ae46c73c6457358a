package streams

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/selene-liveness/selene/streams/backoff"
)

// lookEvery is how often a broker asks whether its streams can be written.
const lookEvery = time.Second

// room is what the disk has to take before a broker that could not write starts again, in bytes.
const room = 4 * megabyte

// restarts are the delays between restarts, so that a disk with hardly any room does not keep a broker busy with them.
var restarts = backoff.Policy{First: time.Second, Most: time.Minute}

// calm is how long a broker has to write before its next restart is the first again.
const calm = 10 * time.Minute

// errCannotWrite ends a server that would refuse to write for as long as it runs, although the disk has room again.
var errCannotWrite = errors.New("the broker could not write")

// Run serves until ctx is done, then stores what it has received and returns nil. When the disk was full and has room again, it
// starts the server again, to which connections reconnect. It returns an error if the broker cannot start, for instance because its
// address is in use, or because another process has its streams in the same folder.
func (b *Broker) Run(ctx context.Context) error {
	release, err := lockFolder(b.options.StoreDir)
	if err != nil {
		b.start.fail(err)
		return err
	}
	defer release()
	for tries := 1; ; tries++ {
		began := time.Now()
		if err := b.serve(ctx); !errors.Is(err, errCannotWrite) {
			return err
		}
		if time.Since(began) > calm {
			tries = 1
		}
		restarts.Wait(ctx, tries)
		if ctx.Err() != nil {
			return nil
		}
		if err := b.prepare(); err != nil {
			return err
		}
	}
}

// serve runs a server until ctx is done, it fails to start, or it has to be started again.
func (b *Broker) serve(ctx context.Context) error {
	s := b.server.Load()
	go s.Start()
	defer func() {
		if at, ok := s.Addr().(*net.TCPAddr); ok {
			b.options.Port = at.Port // where its connections look for the next one
		}
		s.Shutdown()
		s.WaitForShutdown()
	}()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	full := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-b.start.failed:
			return b.start.err
		case <-tick.C:
		}
		err := writeError(s)
		if err == nil {
			continue
		}
		if !full {
			full = true
			slog.Error("the embedded broker cannot write, so nothing can be stored: make room on its disk", "folder", b.options.StoreDir, "error", err)
		}
		if takes(b.options.StoreDir, room) {
			slog.Warn("the disk of the embedded broker has room: it starts again")
			return errCannotWrite
		}
	}
}

// writeError returns an error if a stream of the server could not be written. The server then refuses all further messages of the
// stream, and only another server takes them again.
func writeError(s *server.Server) error {
	if !s.Running() || s.JetStreamConfig() == nil {
		return nil // it is starting
	}
	for _, e := range s.Healthz(&server.HealthzOptions{Details: true}).Errors {
		if e.Type == server.HealthzErrorJetStream || e.Type == server.HealthzErrorStream && strings.Contains(e.Error, "write error") {
			return errors.New(e.Error)
		}
	}
	return nil
}

// takes reports whether a folder takes so many bytes, by writing them.
func takes(folder string, size int) bool {
	f, err := os.Create(filepath.Join(folder, "room")) //nolint:gosec // a file of the data folder with a fixed name
	if err != nil {
		return false
	}
	defer os.Remove(f.Name())
	_, written := f.Write(make([]byte, size))
	return errors.Join(written, f.Sync(), f.Close()) == nil
}

// WaitReady returns nil once the broker accepts connections, and an error if it cannot start or ctx is done first.
func (b *Broker) WaitReady(ctx context.Context) error {
	for !b.server.Load().ReadyForConnections(100 * time.Millisecond) {
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

// InProcessConn connects to the server that runs now.
func (b *Broker) InProcessConn() (net.Conn, error) { return b.server.Load().InProcessConn() }

// URL returns the address for other processes, empty when the broker serves this process alone.
func (b *Broker) URL() string {
	s := b.server.Load()
	if s.Addr() == nil {
		return ""
	}
	return s.ClientURL()
}
