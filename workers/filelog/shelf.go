package filelog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sync"
	"time"

	"github.com/selene-liveness/selene/streams"
)

const dayFormat = time.DateOnly

// place is where a session's folder lies below the file logger's: path/day/session.
type place struct{ path, day, session string }

func (p place) dir() string { return path.Join(filepath.ToSlash(p.path), p.day, p.session) }

// folder is a session's folder.
type folder struct {
	place
	bytes   int64
	touched time.Time
}

// shelf holds the folders of all sessions. It is safe for concurrent use.
type shelf struct {
	Config
	mu      sync.Mutex
	root    *os.Root // nil before anything was written
	folders map[string]*folder
	bytes   int64
}

func newShelf(c Config) *shelf { return &shelf{Config: c, folders: map[string]*folder{}} }

// open opens the file logger's folder. Nothing below it can lead out of it again, by .. or by links.
func (s *shelf) open() error {
	if s.root != nil {
		return nil
	}
	var err error
	if s.root, err = os.OpenRoot(s.Dir); err != nil {
		return fmt.Errorf("open the folder of the file logger: %w (SELENE_FILELOG_DIR names it)", err)
	}
	return nil
}

// takeStock finds the sessions that were written before.
func (s *shelf) takeStock() error {
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

func (s *shelf) count(p place, bytes int64, at time.Time) {
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

// put writes files into a session's folder, each whole or not at all, and makes room if there are too many bytes now.
func (s *shelf) put(p place, files []file, now time.Time) error {
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
	return s.makeRoom(p.dir(), now)
}

// write replaces a file by way of another, so that nobody reads half of it.
func (s *shelf) write(p place, f file, now time.Time) error {
	name := path.Join(p.dir(), f.name)
	before := int64(0)
	if info, err := s.root.Lstat(name); err == nil {
		before = info.Size()
	}
	half := name + ".part"
	err := s.root.WriteFile(half, f.data, 0o600)
	if err == nil {
		err = s.root.Rename(half, name)
	}
	if err != nil {
		return errors.Join(err, ignoreMissing(s.root.Remove(half)))
	}
	s.count(p, int64(len(f.data))-before, now)
	return nil
}

// sweep removes what is too old or too much.
func (s *shelf) sweep(now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.makeRoom("", now)
}

// makeRoom removes the sessions that are too old, then the oldest until the rest fits. The one being written stays: the
// bound is exceeded by no more than that.
func (s *shelf) makeRoom(except string, now time.Time) error {
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

// isOld says whether the whole day of a session is past the age.
func (s *shelf) isOld(p place, now time.Time) bool {
	day, err := time.Parse(dayFormat, p.day)
	return err == nil && now.Sub(day.AddDate(0, 0, 1)) > s.Age
}

// remove removes a session's folder, and its day's if that is empty then.
func (s *shelf) remove(f *folder) error {
	if err := s.root.RemoveAll(f.dir()); err != nil {
		return err
	}
	_ = s.root.Remove(path.Dir(f.dir())) // others may be in it
	s.bytes -= f.bytes
	delete(s.folders, f.dir())
	return nil
}

// erase removes all folders of a session.
func (s *shelf) erase(session string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.folders {
		if f.session == session {
			if err := s.remove(f); err != nil {
				return err
			}
		}
	}
	return nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
