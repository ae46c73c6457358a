package filelog

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

const (
	one = "11111111-1111-4111-8111-111111111111"
	two = "22222222-2222-4222-8222-222222222222"
)

var day = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

func exists(t *testing.T, s *store, p place) bool {
	t.Helper()
	_, err := os.Stat(filepath.Join(s.Dir, p.dir()))
	return err == nil
}

func storeWith(t *testing.T, c Config, places ...place) *store {
	t.Helper()
	c.Dir = t.TempDir()
	s := newStore(c)
	for i, p := range places {
		if err := s.put(p, []file{{"session.json", make([]byte, 100)}}, day.Add(time.Duration(i)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestAgeCountsFromTheEndOfTheDay(t *testing.T) {
	p := place{"LOGS", "2026-03-04", one}
	s := storeWith(t, Config{Bytes: 1000, Age: 24 * time.Hour}, p)
	for _, c := range []struct {
		now  time.Time
		want bool
	}{{day.AddDate(0, 0, 1), true}, {day.AddDate(0, 0, 2), false}} {
		if err := s.sweep(c.now); err != nil {
			t.Fatal(err)
		}
		if exists(t, s, p) != c.want {
			t.Errorf("at %s: exists: %v, want %v", c.now, !c.want, c.want)
		}
	}
	if s.bytes != 0 || len(s.folders) != 0 {
		t.Errorf("%d bytes in %d folders counted after all were removed", s.bytes, len(s.folders))
	}
	if left, _ := os.ReadDir(filepath.Join(s.Dir, "LOGS")); len(left) > 0 {
		t.Errorf("the empty day is still there")
	}
}

func TestLoadFindsEarlierSessions(t *testing.T) {
	a, b := place{"LOGS", "2026-03-04", one}, place{"other/path", "2026-03-03", two}
	before := storeWith(t, Config{Bytes: 1000, Age: time.Hour * 1000}, a, b)
	foreign := filepath.Join(before.Dir, "LOGS", "notes.txt")
	if err := os.WriteFile(foreign, make([]byte, 5000), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newStore(before.Config)
	s.Bytes = 150
	if err := s.load(); err != nil {
		t.Fatal(err)
	}
	if s.bytes != 200 || len(s.folders) != 2 {
		t.Fatalf("%d bytes in %d folders, want 200 in 2", s.bytes, len(s.folders))
	}
	if err := s.sweep(day); err != nil {
		t.Fatal(err)
	}
	if !exists(t, s, a) || exists(t, s, b) {
		t.Error("the oldest day was not removed first")
	}
	if _, err := os.Stat(foreign); err != nil {
		t.Errorf("a file of no session was removed: %v", err)
	}
}

func TestNamesStayInsideTheDirectory(t *testing.T) {
	s := storeWith(t, Config{Bytes: 1000, Age: time.Hour * 1000})
	out := t.TempDir()
	if err := os.Symlink(out, filepath.Join(s.Dir, "link")); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"..", "../x", "/tmp", "link", "a/../../x"} {
		if err := s.put(place{path, "2026-03-04", one}, []file{{"session.json", nil}}, day); err == nil {
			t.Errorf("path %q was accepted", path)
		}
	}
	if left, _ := os.ReadDir(out); len(left) > 0 {
		t.Error("a link led out")
	}
}

func TestNoPartialFiles(t *testing.T) {
	p := place{"LOGS", "2026-03-04", one}
	s := storeWith(t, Config{Bytes: 1000, Age: time.Hour * 1000}, p)
	// A folder has the name of the file: it cannot be replaced, and the temporary file must be removed.
	if err := os.MkdirAll(filepath.Join(s.Dir, p.dir(), "x.json", "y"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := s.put(p, []file{{"x.json", []byte("text")}}, day); err == nil {
		t.Fatal("no error")
	}
	if half, _ := filepath.Glob(filepath.Join(s.Dir, p.dir(), "*.part")); len(half) > 0 {
		t.Errorf("left behind: %v", half)
	}
}

func TestErasedFilesAreOverwritten(t *testing.T) {
	p := place{"LOGS", "2026-03-04", one}
	s := storeWith(t, Config{Bytes: 1000, Age: time.Hour * 1000}, p)
	if err := s.put(p, []file{{"frame.jpg", []byte("face")}}, day); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "link") // what is left of a file that is removed only
	if err := os.Link(filepath.Join(s.Dir, p.dir(), "frame.jpg"), link); err != nil {
		t.Fatal(err)
	}
	if err := s.erase(one); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadFile(link); err != nil || string(left) != "\x00\x00\x00\x00" || exists(t, s, p) {
		t.Errorf("left: %q, %v", left, err)
	}
}
