package eval

import (
	"fmt"
	"hash/fnv"
)

// Split names a half of a dataset.
type Split string

// The halves. What is chosen (thresholds) is chosen on the one and reported on the other.
const (
	All  Split = "all"
	Tune Split = "tune"
	Test Split = "test"
)

// ParseSplit reads the name of a split.
func ParseSplit(s string) (Split, error) {
	switch p := Split(s); p {
	case All, Tune, Test:
		return p, nil
	}
	return "", fmt.Errorf("split %q; use all, tune or test", s)
}

// half is the half that a file belongs to, the same on every machine: all files of one identity go to one half, so that
// nobody is met again; files without an identity go by their name.
func (l Label) half() Split {
	key := l.Identity
	if key == "" {
		key = l.File
	}
	h := fnv.New64a()
	h.Write([]byte(key))
	// FNV mixes its low bits badly on names that differ at the end alone.
	x := h.Sum64()
	x ^= x >> 32
	x *= 0x9e3779b97f4a7c15
	if x>>63 == 0 {
		return Tune
	}
	return Test
}

// has tells whether a file of the half h is in the split.
func (s Split) has(h Split) bool { return s == All || s == h }
