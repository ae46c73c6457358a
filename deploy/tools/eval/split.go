package eval

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
)

// Split is a half of a dataset, or all of it.
type Split string

// The splits. Thresholds are chosen on the half tune, and their error rates are those on the half test.
const (
	All  Split = "all"
	Tune Split = "tune"
	Test Split = "test"
)

// ParseSplit returns the split with a name.
func ParseSplit(s string) (Split, error) {
	switch p := Split(s); p {
	case All, Tune, Test:
		return p, nil
	}
	return "", fmt.Errorf("split %q; use all, tune or test", s)
}

// has reports whether a file of the half h is in the split.
func (s Split) has(h Split) bool { return s == All || s == h }

// assignHalves assigns every file to a half, the same one on every machine. All files of one identity go to the same half, so
// that no person is in both; a file without an identity is a unit by itself. The units of a kind are sorted by their hashes and
// go to the halves in turn, because a small kind could otherwise fall entirely into one half.
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
