package recording_test

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/evidence"
	"github.com/selene-liveness/selene/streams/recording"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/streamstest"
)

func signed(t testing.TB, claims jwt.Claims) string {
	t.Helper()
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims)
	token.Header["kid"] = keyID
	text, err := token.SignedString(key)
	must(t, err)
	return text
}

// sealSession seals a session as an edge does.
func sealSession(t testing.TB, c *streams.Conn, id string) {
	t.Helper()
	ctx := streamstest.Context(t)
	walk, err := evidence.Of(ctx, sessions.New(c), id)
	must(t, err)
	must(t, walk.Missing())
	seal := walk.Seal(id)
	seal.IssuedAt = time.Now().Unix()
	must(t, c.PublishSessionEvent(ctx, &schemas.SessionEvent{
		Version: schemas.Version, Session: id, Kind: schemas.SessionEventKind_SESSION_SEALED,
		Seal: signed(t, evidence.Claims[evidence.Seal]{Content: seal}),
	}))
}

// messages are those of a bundle that are evidence.
type messages struct {
	frames    []*schemas.Frame
	verdicts  []*schemas.Verdict
	decisions []*schemas.Decision
}

// read unpacks a bundle.
func read(t *testing.T, data []byte) (m messages) {
	t.Helper()
	b, err := open(t, data)
	must(t, err)
	defer b.Close()
	for _, f := range b.Frames {
		frame, err := b.FrameAt(f.Stored)
		must(t, err)
		m.frames = append(m.frames, frame)
	}
	for v, err := range b.Verdicts() {
		must(t, err)
		m.verdicts = append(m.verdicts, v.Message)
	}
	for d, err := range b.Decisions() {
		must(t, err)
		m.decisions = append(m.decisions, d.Message)
	}
	return m
}

// write packs a bundle again with other messages, and whole as far as nothing is signed.
func write(t *testing.T, data []byte, m messages) []byte {
	t.Helper()
	hs, cs := entries(t, data)
	var headers []*tar.Header
	var contents [][]byte
	add := func(name string, content []byte) {
		headers, contents = append(headers, &tar.Header{Name: name, Mode: 0o644, Typeflag: tar.TypeReg}), append(contents, content)
	}
	marshal := func(message schemas.Message) []byte {
		out, err := schemas.Marshal(message)
		must(t, err)
		return out
	}
	var frames bytes.Buffer
	line := func(out *bytes.Buffer, v any) {
		text, err := json.Marshal(v)
		must(t, err)
		out.Write(append(text, '\n'))
	}
	lines := map[string]*bytes.Buffer{"verdicts.jsonl": {}, "decisions.jsonl": {}}
	for i, v := range m.verdicts {
		line(lines["verdicts.jsonl"], recording.Line{Stored: uint64(i + 1), JSON: []byte("{}"), Message: marshal(v)})
	}
	for i, d := range m.decisions {
		line(lines["decisions.jsonl"], recording.Line{Stored: uint64(i + 1), JSON: []byte("{}"), Message: marshal(d)})
	}
	for i, h := range hs {
		switch {
		case h.Name == "session.json":
			add(h.Name, cs[i])
			for n, f := range m.frames {
				file := fmt.Sprintf("frames/%06d.jpg", n+1)
				image := f.Image
				f.Image = nil
				line(&frames, recording.Frame{File: file, Sequence: f.GetName().GetSequence(), Stored: uint64(n + 1), MediaType: f.GetMediaType(), Message: marshal(f)})
				f.Image = image
				add(file, image)
			}
		case h.Name == "frames.jsonl":
			add(h.Name, frames.Bytes())
		case lines[h.Name] != nil:
			add(h.Name, lines[h.Name].Bytes())
		case !strings.HasPrefix(h.Name, "frames/"):
			add(h.Name, cs[i])
		}
	}
	return rechain(t, headers, contents)
}

// rechain computes chain.jsonl of a bundle again.
func rechain(t *testing.T, headers []*tar.Header, contents [][]byte) []byte {
	t.Helper()
	var chain bytes.Buffer
	previous := strings.Repeat("0", 64)
	for i, h := range headers {
		if h.Name == "chain.jsonl" {
			contents[i] = chain.Bytes()
			break
		}
		sum := sha256.Sum256(contents[i])
		link := sha256.Sum256(fmt.Appendf(nil, "%s %s %x\n", previous, h.Name, sum))
		previous = hex.EncodeToString(link[:])
		text, err := json.Marshal(recording.Link{Name: h.Name, Size: int64(len(contents[i])), SHA256: hex.EncodeToString(sum[:]), Link: previous})
		must(t, err)
		chain.Write(append(text, '\n'))
	}
	return pack(t, headers, contents)
}

// resign signs a bundle again, as if it had been recorded after the messages were changed.
func resign(t *testing.T, data []byte, id string) []byte {
	t.Helper()
	hs, cs := entries(t, data)
	lines := strings.Split(strings.TrimSpace(string(cs[len(cs)-2])), "\n")
	var last recording.Link
	must(t, json.Unmarshal([]byte(lines[len(lines)-1]), &last))
	head := recording.Head{Session: id, Head: last.Link, Entries: len(lines), IssuedAt: time.Now().Unix()}
	cs[len(cs)-1] = []byte(signed(t, evidence.Claims[recording.Head]{Content: head}))
	return pack(t, hs, cs)
}

// relink computes all that is stated of messages again, as somebody can who knows the format.
func (m messages) relink(t *testing.T) {
	t.Helper()
	names, verdicts := map[string][]byte{}, map[string][]byte{}
	for _, f := range m.frames {
		digest, err := f.Digest()
		must(t, err)
		names[string(f.Name.Sha256)], f.Name.Sha256 = digest, digest
	}
	for _, v := range m.verdicts {
		before, err := schemas.Digest(v)
		must(t, err)
		if digest := names[string(v.Name.Sha256)]; digest != nil {
			v.Name.Sha256 = digest
		}
		verdicts[string(before)], err = schemas.Digest(v)
		must(t, err)
	}
	var chain []byte
	for _, d := range m.decisions {
		if digest := names[string(d.Name.Sha256)]; digest != nil {
			d.Name.Sha256 = digest
		}
		kept := d.Verdicts[:0]
		for _, v := range d.Verdicts {
			if digest := verdicts[string(v)]; digest != nil {
				kept = append(kept, digest)
			}
		}
		d.Verdicts, d.State.Chain = kept, chain
		link, err := d.Link()
		must(t, err)
		d.Chain, chain = link, link
	}
}

// change does one of the things that can be done to messages of a kind.
func change[M any](r *rand.Rand, all []M, copied func(M) M, alter func(M)) []M {
	i := r.IntN(len(all))
	switch r.IntN(5) {
	case 0:
		alter(all[i])
		return all
	case 1:
		return slices.Delete(all, i, i+1)
	case 2:
		j := (i + 1 + r.IntN(len(all)-1)) % len(all)
		all[i], all[j] = all[j], all[i]
		return all
	case 3:
		return slices.Insert(all, r.IntN(len(all)+1), copied(all[i]))
	}
	more := copied(all[i])
	alter(more)
	return append(all, more)
}

func clone[M schemas.Message](empty func() M) func(M) M {
	return func(m M) M {
		data, err := schemas.Marshal(m)
		out := empty()
		if err = errors.Join(err, schemas.Unmarshal(data, out)); err != nil {
			panic(err)
		}
		return out
	}
}

func (m *messages) tamper(r *rand.Rand) {
	switch r.IntN(3) {
	case 0:
		m.frames = change(r, m.frames, clone(func() *schemas.Frame { return &schemas.Frame{} }), func(f *schemas.Frame) {
			switch r.IntN(3) {
			case 0:
				f.Image[r.IntN(len(f.Image))] ^= 1 << r.IntN(8)
			case 1:
				f.ReceivedUnixNanos++
			case 2:
				f.State.Attempts++
			}
		})
	case 1:
		m.verdicts = change(r, m.verdicts, clone(func() *schemas.Verdict { return &schemas.Verdict{} }), func(v *schemas.Verdict) {
			v.Errors = append(v.Errors, int32(r.IntN(100)))
		})
	case 2:
		m.decisions = change(r, m.decisions, clone(func() *schemas.Decision { return &schemas.Decision{} }), func(d *schemas.Decision) {
			if r.IntN(2) == 0 {
				d.DecidedUnixNanos++
			} else {
				d.Outcome = schemas.Outcome_OUTCOME_PASSED
			}
		})
	}
}

// A hundred changes of each kind of attacker: one who can only change bytes, one who knows the format of recordings, one who had
// access to the broker before the installation recorded and signed, and one who also computed every digest and link again.
func TestTampersAreFound(t *testing.T) {
	c, id := stored(t, 8)
	sealSession(t, c, id)
	whole := record(t, c, id)
	verify := func(data []byte) error {
		b, err := open(t, data)
		if err != nil {
			return err
		}
		return errors.Join(b.Verify(keys), b.Close())
	}
	for name, data := range map[string][]byte{"untouched": whole, "packed again and signed": resign(t, write(t, whole, read(t, whole)), id)} {
		if err := verify(data); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	for attacker, do := range map[string]func(r *rand.Rand) []byte{
		"bytes": func(r *rand.Rand) []byte {
			hs, cs := entries(t, whole)
			for {
				if i := r.IntN(len(cs)); len(cs[i]) > 0 && hs[i].Name != "signature.jwt" {
					cs[i] = bytes.Clone(cs[i])
					cs[i][r.IntN(len(cs[i]))] ^= 1 << r.IntN(8)
					return pack(t, hs, cs)
				}
			}
		},
		"format": func(r *rand.Rand) []byte {
			m := read(t, whole)
			m.tamper(r)
			m.relink(t)
			return write(t, whole, m)
		},
		"broker": func(r *rand.Rand) []byte {
			m := read(t, whole)
			m.tamper(r)
			return resign(t, write(t, whole, m), id)
		},
		"broker and links": func(r *rand.Rand) []byte {
			m := read(t, whole)
			m.tamper(r)
			m.relink(t)
			return resign(t, write(t, whole, m), id)
		},
	} {
		found := 0
		for seed := range uint64(100) {
			if err := verify(do(rand.New(rand.NewPCG(seed, 8)))); err != nil {
				found++
			} else {
				t.Errorf("%s: change %d was not found", attacker, seed)
			}
		}
		t.Logf("%s: %d of 100 found", attacker, found)
	}
}
