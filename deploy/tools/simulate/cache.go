package simulate

import (
	"crypto/sha256"
	"encoding/gob"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/selene-liveness/selene/workers/vision"
)

// measured is what the cache keeps of a clip: numbers, no pictures.
type measured struct {
	Scale  float64
	Frames []measuredFrame
}

type measuredFrame struct {
	At time.Duration
	Measures
}

// cacheVersion changes when clips are read or measured in another way.
const cacheVersion = "2"

// cacheOf returns where the measurements of a clip by these models are kept, in the user's folder for caches; "" = nowhere.
func cacheOf(path string, m *vision.Models) string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	h := sha256.New()
	_, _ = fmt.Fprint(h, cacheVersion+" "+m.Digest()+" ")
	if _, err := io.Copy(h, f); err != nil {
		return ""
	}
	return filepath.Join(dir, "selene", "simulate", hex.EncodeToString(h.Sum(nil)[:16]))
}

// restore takes the measurements from the cache. It reports whether they were there and fit the frames.
func (c *clip) restore(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	var m measured
	if err := gob.NewDecoder(f).Decode(&m); err != nil || len(m.Frames) != len(c.frames) {
		return false
	}
	for i := range c.frames {
		if m.Frames[i].At != c.frames[i].at {
			return false
		}
	}
	c.scale = m.Scale
	for i := range c.frames {
		c.frames[i].Measures = m.Frames[i].Measures
	}
	return true
}

// keep stores the measurements. A cache that cannot be written is not an error: they are made again.
func (c *clip) keep(name string) {
	m := measured{Scale: c.scale}
	for _, f := range c.frames {
		m.Frames = append(m.Frames, measuredFrame{f.at, f.Measures})
	}
	if os.MkdirAll(filepath.Dir(name), 0o750) != nil {
		return
	}
	f, err := os.CreateTemp(filepath.Dir(name), "*.part")
	if err != nil {
		return
	}
	err = gob.NewEncoder(f).Encode(m)
	if f.Close() != nil || err != nil || os.Rename(f.Name(), name) != nil {
		os.Remove(f.Name())
	}
}
