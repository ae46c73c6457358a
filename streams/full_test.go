package streams_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// disk can be full.
type disk struct {
	folder     string
	fill, free func() error
}

// TestWhatIsStoredOutlivesAFullDisk fills the disk of a broker, and sees that it takes messages again once there is room, without a
// restart of the process.
func TestWhatIsStoredOutlivesAFullDisk(t *testing.T) {
	t.Run("file system", func(t *testing.T) { fillUp(t, smallDisk(t), false) })
	t.Run("largest file", func(t *testing.T) { fillUp(t, smallFiles(t), true) })
}

func fillUp(t *testing.T, d disk, listen bool) {
	o := streams.BrokerOptions{Dir: filepath.Join(d.folder, "broker")}
	if listen {
		o.Addr = "127.0.0.1:0"
	}
	b, err := streams.NewBroker(o)
	if err != nil {
		t.Fatal(err)
	}
	streamstest.Go(t, b.Run)
	conn := streamstest.Connect(t, b)
	others := conn // of another process, as far as the broker can tell
	if listen {
		if others, err = streams.Connect(t.Context(), streams.Options{URL: b.URL(), Master: streamstest.Master()}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(others.Close)
	}
	session := uuid.NewString()
	data := make([]byte, 100_000)
	acknowledged := map[uint64]bool{}
	store := func(c *streams.Conn) error {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		n, err := c.Publish(ctx, streams.Subject(streams.KindFrame, session), data, streams.PublishOptions{})
		if err == nil {
			acknowledged[n] = true
		}
		return err
	}
	if err := store(conn); err != nil {
		t.Fatal(err)
	}
	if err := d.fill(); err != nil {
		t.Fatal(err)
	}
	for err = nil; err == nil && len(acknowledged) < 1000; {
		err = store(conn)
	}
	if err == nil {
		t.Fatal("the disk was never full")
	}
	if err := store(others); err == nil {
		t.Error("another message was stored on a full disk")
	}
	if err := d.free(); err != nil {
		t.Fatal(err)
	}
	streamstest.Eventually(t, func() error { return errors.Join(store(conn), store(others)) })
	for n := range acknowledged {
		if _, err := conn.Stream(streams.Frames).At(t.Context(), n); err != nil {
			t.Errorf("message %d was acknowledged: %v", n, err)
		}
	}
	streamstest.Eventually(t, func() error { // a stream in memory, which a server takes with it
		_, err := others.Publish(t.Context(), streams.Subject(streams.KindFace, session), data, streams.PublishOptions{})
		return err
	})
}

// smallDisk is a file system of 24 MB, which another file fills.
func smallDisk(t *testing.T) disk {
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=24m"); err != nil {
		t.Skip("mounting a file system needs root:", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	other := filepath.Join(folder, "other")
	return disk{
		folder: folder,
		fill: func() error {
			err := os.WriteFile(other, make([]byte, 24<<20), 0o600)
			if !errors.Is(err, syscall.ENOSPC) {
				return fmt.Errorf("fill the disk: %w", err)
			}
			return nil
		},
		free: func() error { return os.Remove(other) },
	}
}

// smallFiles limits the files of this process to 2 MB, which needs no rights.
func smallFiles(t *testing.T) disk {
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	free := func() error { return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before) }
	signal.Ignore(syscall.SIGXFSZ)
	t.Cleanup(func() {
		signal.Reset(syscall.SIGXFSZ)
		if err := free(); err != nil {
			t.Error(err)
		}
	})
	return disk{
		folder: t.TempDir(),
		fill: func() error {
			return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 2 << 20, Max: before.Max})
		},
		free: free,
	}
}
