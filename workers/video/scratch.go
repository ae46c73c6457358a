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

// scratch is the folder for the unfinished videos of a process. Its lock is held as long as the process lives.
type scratch struct {
	dir  string
	lock *os.File
}

// newScratch creates a folder in parent (if empty, the system's folder for temporary files) and removes those that dead
// processes left there.
func newScratch(parent string) (*scratch, error) {
	if parent == "" {
		parent = os.TempDir()
	}
	sweep(parent)
	dir, err := os.MkdirTemp(parent, scratchPattern)
	if err != nil {
		return nil, fmt.Errorf("create a folder for videos: %w; set TMPDIR to use another one", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, scratchLock), os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // a folder made above
	if err == nil {
		err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if err != nil {
		return nil, fmt.Errorf("lock the folder for videos: %w", errors.Join(err, os.RemoveAll(dir)))
	}
	return &scratch{dir, lock}, nil
}

// job creates a folder for one video.
func (s *scratch) job() (string, error) {
	dir, err := os.MkdirTemp(s.dir, "job-*")
	if err != nil {
		return "", fmt.Errorf("create a folder for the video: %w", err)
	}
	return dir, nil
}

func (s *scratch) close() error { return errors.Join(os.RemoveAll(s.dir), s.lock.Close()) }

// sweep removes the folders whose lock is free. A folder without a lock file is being created.
func sweep(parent string) {
	left, err := filepath.Glob(filepath.Join(parent, scratchPattern))
	if err != nil {
		return // impossible: the pattern is valid
	}
	for _, dir := range left {
		lock, err := os.OpenFile(filepath.Join(dir, scratchLock), os.O_RDWR, 0) //nolint:gosec // found by its pattern; only locked
		if err != nil {
			continue
		}
		if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			if err := os.RemoveAll(dir); err != nil {
				slog.Warn("remove the folder of a dead process", "folder", dir, "error", err)
			}
		}
		lock.Close()
	}
}
