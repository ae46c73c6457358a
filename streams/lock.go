package streams

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// lockFolder makes this process the only one whose broker keeps its streams in dir, until release is called or the process ends.
// The error names the process that holds the lock.
func lockFolder(dir string) (release func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("create the folder of the embedded broker: %w", err)
	}
	path := filepath.Join(dir, "lock")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // a file of the data folder with a fixed name
	if err != nil {
		return nil, fmt.Errorf("lock the folder of the embedded broker: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder := make([]byte, 20)
		n, _ := f.Read(holder)
		f.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		return nil, fmt.Errorf("another broker, in process %s, has its data in %s: stop that process, or choose another folder with --data",
			bytes.TrimSpace(holder[:n]), dir)
	}
	// The file stays when the lock ends: whoever removed it could remove the lock of the next process.
	pid := []byte(strconv.Itoa(os.Getpid()) + "\n")
	_, written := f.WriteAt(pid, 0)
	if err := errors.Join(written, f.Truncate(int64(len(pid)))); err != nil {
		f.Close()
		return nil, fmt.Errorf("write the process ID to %s: %w", path, err)
	}
	return func() { f.Close() }, nil
}
