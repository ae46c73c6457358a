package recording

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/selene-liveness/selene/streams/evidence"
)

// ErrUnsigned is returned for an unchanged bundle whose signature was not made by a known key.
var ErrUnsigned = errors.New("recording: not signed by a known key")

// ErrIncomplete is returned for a bundle that is genuine as far as it goes.
var ErrIncomplete = evidence.ErrIncomplete

// Verify checks every byte: each entry against the chain, the chain against its head, and the head against the signature. Then it
// checks that the evidence was not changed before it was recorded: the chain of the decisions, what they state of frames and
// verdicts, and the seal. It sets Chain, Unlinked and Sealed of the bundle.
//
// keys returns the public key with an ID, or nil if it is unknown. Verify returns an *Error for a bundle or a session that was
// changed, an error that wraps ErrUnsigned for one that is unchanged and was signed with an unknown key, and else one that wraps
// ErrIncomplete if frames, verdicts or the seal are missing, which may just be older than they are kept.
func (b *Bundle) Verify(keys func(id string) ed25519.PublicKey) error {
	links := 0
	link := firstLink
	for line, err := range b.lines(chainFile) {
		if err != nil {
			return err
		}
		var l Link
		if err := json.Unmarshal(line, &l); err != nil {
			return problem(chainFile, "line %d: %v", links+1, err)
		}
		if links >= len(b.order) || b.order[links] != l.Name {
			return problem(l.Name, "is not at the place that the chain states")
		}
		size, sum, err := b.digest(l.Name)
		if err != nil {
			return err
		}
		if size != l.Size || sum != l.SHA256 {
			return problem(l.Name, "was changed: it has %d bytes and SHA-256 %s, the chain states %d and %s", size, sum, l.Size, l.SHA256)
		}
		if link = nextLink(link, l.Name, sum); link != l.Link {
			return problem(chainFile, "line %d does not follow from the previous line", links+1)
		}
		links++
	}
	// The chain and its signature come last.
	if rest := b.order[min(links, len(b.order)):]; len(rest) != 2 || rest[0] != chainFile || rest[1] != signatureFile {
		return problem(chainFile, "does not cover every entry")
	}
	stranger := b.verifyHead(Head{Session: b.About.Session, Head: link, Entries: links}, keys)
	if stranger != nil && !errors.Is(stranger, ErrUnsigned) {
		return stranger
	}
	err := b.verifyEvidence(keys)
	if stranger != nil && (err == nil || errors.Is(err, ErrUnsigned) || errors.Is(err, ErrIncomplete)) {
		return stranger
	}
	return err
}

func (b *Bundle) digest(name string) (int64, string, error) {
	r, err := b.reader(name)
	if err != nil {
		return 0, "", err
	}
	sum := sha256.New()
	size, err := io.Copy(sum, r)
	if err != nil {
		return 0, "", problem(name, "is truncated: %v", err)
	}
	return size, hex.EncodeToString(sum.Sum(nil)), nil
}

func (b *Bundle) verifyHead(want Head, keys func(id string) ed25519.PublicKey) error {
	text, err := b.small(signatureFile)
	if err != nil {
		return err
	}
	signed, err := evidence.Read[Head](string(text), keys)
	switch {
	case errors.Is(err, evidence.ErrUnknownKey):
		return fmt.Errorf("%w: %w", ErrUnsigned, err)
	case err != nil:
		return problem(signatureFile, "%v", err)
	case signed.Session != want.Session || signed.Head != want.Head || signed.Entries != want.Entries:
		return problem(signatureFile, "belongs to another recording")
	}
	return nil
}

// sealed is the time after its last decision in which a session is sealed.
const sealed = 10 * time.Minute

// verifyEvidence checks that the frames, verdicts and decisions were so already before they were recorded.
func (b *Bundle) verifyEvidence(keys func(id string) ed25519.PublicKey) error {
	w := &evidence.Walk{}
	decided := time.Time{}
	if err := b.walk(w, &decided); err != nil {
		return err
	}
	text := ""
	for e, err := range b.Events() {
		switch {
		case err != nil:
			return err
		case e.Message.GetSeal() != "" && text != "":
			return problem(eventsFile, "has two seals")
		case e.Message.GetSeal() != "":
			text = e.Message.GetSeal()
		}
	}
	if text == "" {
		if w.Ended() && w.Unlinked == 0 && b.About.Recorded.Sub(decided) > sealed {
			return fmt.Errorf("recording: %w: there is no seal", ErrIncomplete)
		}
		return w.Missing()
	}
	seal, err := evidence.Read[evidence.Seal](text, keys)
	if errors.Is(err, evidence.ErrUnknownKey) {
		return fmt.Errorf("%w: the seal: %w", ErrUnsigned, err)
	}
	if err == nil {
		err = seal.Check(w, b.About.Session)
	}
	if errors.Is(err, ErrIncomplete) {
		return fmt.Errorf("recording: %w", err)
	}
	if err != nil {
		return problem(eventsFile, "%v", err)
	}
	b.Sealed = time.Unix(seal.IssuedAt, 0).UTC()
	return w.Missing()
}

// walk lets w follow the bundle. decided is the time of the last decision.
func (b *Bundle) walk(w *evidence.Walk, decided *time.Time) error {
	for _, line := range b.Frames {
		f, err := b.FrameAt(line.Stored)
		if err != nil {
			return err
		}
		if err := w.Frame(f); err != nil {
			return problem(framesFile, "%v", err)
		}
	}
	for v, err := range b.Verdicts() {
		if err == nil {
			err = w.Verdict(v.Message)
		}
		if err != nil {
			return err
		}
	}
	for d, err := range b.Decisions() {
		if err != nil {
			return err
		}
		if err := w.Decision(d.Message); err != nil {
			return problem(decisionsFile, "%v", err)
		}
		*decided = time.Unix(0, d.Message.GetDecidedUnixNanos())
	}
	b.Chain, b.Unlinked = w.Chain(), w.Unlinked
	return nil
}
