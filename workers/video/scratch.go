package video

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
)

const (
	scratchPattern = "selene-video-*"
	scratchLock    = "lock"
)

// scratch is the folder a process keeps unfinished videos in. A lock says that the process lives.
type scratch struct {
	dir  string
	lock *os.File
}

// newScratch makes a folder below parent (the system's for temporary files when empty) and removes those that dead
// processes left there.
func newScratch(parent string) (*scratch, error) {
	if parent == "" {
		parent = os.TempDir()
	}
	sweep(parent)
	dir, err := os.MkdirTemp(parent, scratchPattern)
	if err != nil {
		return nil, fmt.Errorf("make room for videos: %w (TMPDIR names another place)", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, scratchLock), os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if err != nil {
		return nil, fmt.Errorf("lock the room for videos: %w", errors.Join(err, os.RemoveAll(dir)))
	}
	return &scratch{dir, lock}, nil
}

// job makes a folder for one video.
func (s *scratch) job() (string, error) {
	dir, err := os.MkdirTemp(s.dir, "job-*")
	if err != nil {
		return "", fmt.Errorf("make room for the video: %w", err)
	}
	return dir, nil
}

func (s *scratch) close() error { return errors.Join(os.RemoveAll(s.dir), s.lock.Close()) }

// sweep removes the folders whose lock nobody holds. One without a lock is just being made.
func sweep(parent string) {
	left, err := filepath.Glob(filepath.Join(parent, scratchPattern))
	if err != nil {
		return // the pattern is ours
	}
	for _, dir := range left {
		lock, err := os.OpenFile(filepath.Join(dir, scratchLock), os.O_RDWR, 0)
		if err != nil {
			continue
		}
		if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			if err := os.RemoveAll(dir); err != nil {
				slog.Warn("remove what a dead process left", "folder", dir, "error", err)
			}
		}
		lock.Close()
	}
}
