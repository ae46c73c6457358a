// Package evidence checks that the frames, verdicts and decisions of a session are those that were judged, and describes them in a seal.
package evidence

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"

	"github.com/selene-liveness/selene/schemas"
)

// Walk follows the evidence of one session: all frames in the order they were stored, then all verdicts, then all decisions. The
// zero value is ready. README.md of package recording defines what it checks.
type Walk struct {
	frames, verdicts map[string]bool // digests that were met
	chain            []byte          // of the last decision
	last             schemas.Outcome
	sum              hash.Hash
	tally            Seal

	// MissingFrames and MissingVerdicts are those that decisions state and that the walk did not meet.
	MissingFrames, MissingVerdicts int
	// Unlinked decisions are of versions that made no chain.
	Unlinked int
}

func (w *Walk) add(digest []byte) {
	if w.sum == nil {
		w.sum = sha256.New()
	}
	w.sum.Write(digest)
}

// Frame takes the next frame. The error says that it was changed.
func (w *Walk) Frame(f *schemas.Frame) error {
	if !f.Intact() {
		return fmt.Errorf("frame %d was changed: its name states another digest", f.GetName().GetSequence())
	}
	digest, err := schemas.Digest(f)
	if err != nil {
		return err
	}
	if w.frames == nil {
		w.frames = map[string]bool{}
	}
	w.add(digest)
	w.frames[string(f.GetName().GetSha256())] = true
	w.tally.Frames++
	return nil
}

// Verdict takes the next verdict.
func (w *Walk) Verdict(v *schemas.Verdict) error {
	digest, err := schemas.Digest(v)
	if err != nil {
		return err
	}
	if w.verdicts == nil {
		w.verdicts = map[string]bool{}
	}
	w.add(digest)
	w.verdicts[string(digest)] = true
	w.tally.Verdicts++
	return nil
}

// Decision takes the next decision, as it is stored. The error says that it was changed, or that one before it is missing or was added.
func (w *Walk) Decision(d *schemas.Decision) error {
	digest, err := schemas.Digest(d)
	if err != nil {
		return err
	}
	w.add(digest)
	w.tally.Decisions++
	w.last = d.GetOutcome()
	if !bytes.Equal(d.GetState().GetChain(), w.chain) {
		return fmt.Errorf("decision %d does not follow from the one before it", w.tally.Decisions)
	}
	if w.chain = d.GetChain(); len(w.chain) == 0 {
		w.Unlinked++
		return nil
	}
	link, err := d.Link()
	if err != nil {
		return err
	}
	if !bytes.Equal(link, w.chain) {
		return fmt.Errorf("decision %d was changed: it states another digest", w.tally.Decisions)
	}
	if sum := d.GetName().GetSha256(); len(sum) > 0 && d.GetFrame() != 0 && !w.frames[string(sum)] {
		w.MissingFrames++
	}
	for _, v := range d.GetVerdicts() {
		if !w.verdicts[string(v)] {
			w.MissingVerdicts++
		}
	}
	return nil
}

// Chain returns the link of the last decision, nil without one.
func (w *Walk) Chain() []byte { return w.chain }

// Ended reports whether the last decision ended the session.
func (w *Walk) Ended() bool { return w.last.Terminal() }

// Missing returns an error that wraps ErrIncomplete if the walk did not meet what decisions state.
func (w *Walk) Missing() error {
	if w.MissingFrames+w.MissingVerdicts == 0 {
		return nil
	}
	return fmt.Errorf("%w: %d frames and %d verdicts from which decisions were made are missing or were changed",
		ErrIncomplete, w.MissingFrames, w.MissingVerdicts)
}

// Seal describes what the walk has met.
func (w *Walk) Seal(session string) Seal {
	s := w.tally
	w.add(nil)
	s.Session, s.Chain, s.Sum = session, hex.EncodeToString(w.chain), hex.EncodeToString(w.sum.Sum(nil))
	return s
}
