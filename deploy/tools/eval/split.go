package eval

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
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

// has tells whether a file of the half h is in the split.
func (s Split) has(h Split) bool { return s == All || s == h }

// assignHalves gives every file its half, the same on every machine. All files of one identity go to one half, so that
// nobody is met again; a file without an identity stands for itself. The units of a kind are put in the order of their
// hashes and go to the halves in turn: small kinds would often fall into one half otherwise.
func assignHalves(labels []Label) {
	type unit struct {
		kind, key string
		hash      uint64
	}
	var units []unit
	seen := map[string]bool{}
	for _, l := range labels {
		if key := l.unit(); !seen[key] {
			seen[key] = true
			units = append(units, unit{l.Kind, key, hash(key)})
		}
	}
	slices.SortFunc(units, func(a, b unit) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.hash, b.hash), cmp.Compare(a.key, b.key))
	})
	halves := map[string]Split{}
	for i, u := range units {
		halves[u.key] = [2]Split{Tune, Test}[i%2]
	}
	for i := range labels {
		labels[i].half = halves[labels[i].unit()]
	}
}

func (l Label) unit() string {
	if l.Identity != "" {
		return "identity " + l.Identity
	}
	return "file " + l.File
}

func hash(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	return h.Sum64()
}
