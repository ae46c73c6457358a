package filelog

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sync"
	"time"

	"github.com/selene-liveness/selene/streams"
)

const dayFormat = time.DateOnly

// place is the path of a session's folder within the file logger's: path/day/session.
type place struct{ path, day, session string }

func (p place) dir() string { return path.Join(filepath.ToSlash(p.path), p.day, p.session) }

// folder is the folder of a session.
type folder struct {
	place
	bytes   int64
	touched time.Time
}

// store manages the folders of all sessions. It is safe for concurrent use.
type store struct {
	Config
	mu      sync.Mutex
	root    *os.Root // nil until it is opened
	folders map[string]*folder
	bytes   int64
}

func newStore(c Config) *store { return &store{Config: c, folders: map[string]*folder{}} }

// open opens the file logger's folder. No path within it can lead out of it, by .. or by links.
func (s *store) open() error {
	if s.root != nil {
		return nil
	}
	var err error
	if s.root, err = os.OpenRoot(s.Dir); err != nil {
		return fmt.Errorf("open the folder of the file logger, set by SELENE_FILELOG_DIR: %w", err)
	}
	return nil
}

// load finds the sessions that were written before.
func (s *store) load() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := os.Stat(s.Dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := s.open(); err != nil {
		return err
	}
	return fs.WalkDir(s.root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		dir := path.Dir(name)
		p := place{path.Dir(path.Dir(dir)), path.Base(path.Dir(dir)), path.Base(dir)}
		if !p.isSession() {
			return nil
		}
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		s.count(p, info.Size(), info.ModTime())
		return nil
	})
}

func (p place) isSession() bool {
	_, err := time.Parse(dayFormat, p.day)
	return err == nil && streams.CheckSession(p.session) == nil
}

func (s *store) count(p place, bytes int64, at time.Time) {
	f := s.folders[p.dir()]
	if f == nil {
		f = &folder{place: p}
		s.folders[p.dir()] = f
	}
	f.bytes += bytes
	s.bytes += bytes
	if at.After(f.touched) {
		f.touched = at
	}
}

// put writes files into the folder of a session, each completely or not at all, and then removes sessions that are too
// old or exceed the limit.
func (s *store) put(p place, files []file, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isOld(p, now) {
		return nil
	}
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return err
	}
	if err := s.open(); err != nil {
		return err
	}
	if err := s.root.MkdirAll(p.dir(), 0o700); err != nil {
		return err
	}
	for _, f := range files {
		if err := s.write(p, f, now); err != nil {
			return err
		}
	}
	return s.trim(p.dir(), now)
}

// write replaces a file through a temporary one, so that no reader sees half of it.
func (s *store) write(p place, f file, now time.Time) error {
	name := path.Join(p.dir(), f.name)
	before := int64(0)
	if info, err := s.root.Lstat(name); err == nil {
		before = info.Size()
	}
	temporary := name + ".part"
	err := s.root.WriteFile(temporary, f.data, 0o600)
	if err == nil {
		err = s.root.Rename(temporary, name)
	}
	if err != nil {
		return errors.Join(err, ignoreMissing(s.root.Remove(temporary)))
	}
	s.count(p, int64(len(f.data))-before, now)
	return nil
}

// sweep removes the sessions that are too old or exceed the limit.
func (s *store) sweep(now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.trim("", now)
}

// trim removes the sessions that are too old, then the oldest until the rest fits. The session being written is kept, so
// only it can exceed the limit.
func (s *store) trim(except string, now time.Time) error {
	for _, f := range s.folders {
		if s.isOld(f.place, now) {
			if err := s.remove(f); err != nil {
				return err
			}
		}
	}
	for s.bytes > s.Bytes {
		var oldest *folder
		for _, f := range s.folders {
			if f.dir() != except && (oldest == nil || f.day < oldest.day || f.day == oldest.day && f.touched.Before(oldest.touched)) {
				oldest = f
			}
		}
		if oldest == nil {
			return nil
		}
		if err := s.remove(oldest); err != nil {
			return err
		}
	}
	return nil
}

// isOld reports whether the whole day of a session is past the age.
func (s *store) isOld(p place, now time.Time) bool {
	day, err := time.Parse(dayFormat, p.day)
	return err == nil && now.Sub(day.AddDate(0, 0, 1)) > s.Age
}

// remove removes the folder of a session, and that of its day if it is then empty.
func (s *store) remove(f *folder) error {
	if err := s.root.RemoveAll(f.dir()); err != nil {
		return err
	}
	_ = s.root.Remove(path.Dir(f.dir())) // it may hold other sessions
	s.bytes -= f.bytes
	delete(s.folders, f.dir())
	return nil
}

// erase overwrites the files of a session and removes its folders.
func (s *store) erase(session string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.folders {
		if f.session == session {
			if err := s.overwrite(f); err != nil {
				return err
			}
			if err := s.remove(f); err != nil {
				return err
			}
		}
	}
	return nil
}

// overwrite writes zeros over all files in the folder of a session. A solid-state drive, or a file system that copies on writing, may
// keep the old blocks all the same.
func (s *store) overwrite(f *folder) error {
	return fs.WalkDir(s.root.FS(), f.dir(), func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return ignoreMissing(err)
		}
		file, err := s.root.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return ignoreMissing(err)
		}
		info, err := file.Stat()
		if err == nil {
			_, err = io.CopyN(file, zeros{}, info.Size())
		}
		if err == nil {
			err = file.Sync()
		}
		return errors.Join(err, file.Close())
	})
}

// zeros reads as zeros without end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
