package eval

import (
	"maps"
	"slices"
)

// OwnKind counts the files of a kind that the report does not support. They are not in the error rates of the supported kinds.
type OwnKind struct {
	Kind     string `json:"kind"`
	Faces    Share  `json:"faces"`    // images with at least one face
	Accepted Share  `json:"accepted"` // images that pass every check of the detector
}

func ownKinds(samples []*sample) []OwnKind {
	found := map[string]*OwnKind{}
	for _, s := range samples {
		kind := s.label.Kind
		if s.extra || kind == "" || knownKind(kind) {
			continue
		}
		if found[kind] == nil {
			found[kind] = &OwnKind{Kind: kind}
		}
		found[kind].Faces.add(s.faces() > 0)
		found[kind].Accepted.add(s.accepted())
	}
	var out []OwnKind
	for _, kind := range slices.Sorted(maps.Keys(found)) {
		k := found[kind]
		files := countFiles(samples, func(s *sample) bool { return s.label.Kind == kind })
		k.Faces.Files, k.Accepted.Files = files, files
		out = append(out, *k)
	}
	return out
}
