package recording_test

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
	"github.com/klauspost/compress/zstd"
	"google.golang.org/protobuf/proto"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/objects"
	"github.com/selene-liveness/selene/streams/recording"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/settings"
	"github.com/selene-liveness/selene/streams/streamstest"
)

const keyID = "evidence"

var (
	key  = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	keys = func(id string) ed25519.PublicKey {
		if id != keyID {
			return nil
		}
		return key.Public().(ed25519.PublicKey)
	}
)

// stored returns a session with that many frames, each decided, with a reference face.
func stored(t testing.TB, frames int) (*streams.Conn, string) {
	t.Helper()
	c := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	id := uuid.NewString()
	rev, err := settings.New(c).Put(ctx, []byte(`{"video_redis":{"password":"hunter2"}}`))
	must(t, err)
	must(t, c.PublishSessionEvent(ctx, &schemas.SessionEvent{Version: schemas.Version, Session: id, Kind: schemas.SessionEventKind_SESSION_OPENED, AtUnixNanos: 1e18}))
	last, chain := uint64(0), []byte(nil)
	for n := range frames {
		name := &schemas.FrameName{Session: id, Sequence: uint64(n + 1), Nonce: "n"}
		state := &schemas.SessionState{SettingsRevision: rev.Number, Sequence: uint64(n), LastDecision: last, Chain: chain, Workers: map[string][]byte{"matcher": {1, 2}, "liveness": {3}}}
		at, err := c.PublishFrame(ctx, &schemas.Frame{
			Version: schemas.Version, Name: name, MediaType: "image/jpeg", Image: fmt.Appendf(nil, "image %d", n), ReceivedUnixNanos: int64(n), State: state,
		})
		must(t, err)
		verdict := &schemas.Verdict{Version: schemas.Version, Name: name, Worker: "detector", Decider: "d", Pack: "pack", Detection: &schemas.Detection{Frame: at, State: state}}
		must(t, c.PublishVerdict(ctx, verdict))
		digest, err := schemas.Digest(verdict)
		must(t, err)
		decision := &schemas.Decision{
			Version: schemas.Version, Name: name, Frame: at, State: state, Errors: []int32{32}, DecidedUnixNanos: time.Now().UnixNano(),
			Workers: []string{"detector"}, Verdicts: [][]byte{digest},
		}
		last, err = c.PublishDecision(ctx, decision, last)
		must(t, err)
		chain = decision.Chain
	}
	must(t, objects.New(c).Put(ctx, objects.ReferenceName(id), "image/png", bytes.NewReader([]byte("reference"))))
	return c, id
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func record(t testing.TB, c *streams.Conn, id string) []byte {
	t.Helper()
	var out bytes.Buffer
	must(t, recording.Write(streamstest.Context(t), &out, c, id, func(claims jwt.Claims) (string, error) {
		token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims)
		token.Header["kid"] = keyID
		return token.SignedString(key)
	}))
	return out.Bytes()
}

func open(t testing.TB, data []byte) (*recording.Bundle, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "session.tar")
	must(t, os.WriteFile(path, data, 0o600))
	return recording.Open(path)
}

func TestBundleHoldsTheSession(t *testing.T) {
	c, id := stored(t, 7)
	ctx := streamstest.Context(t)
	plain := record(t, c, id)
	if bytes.Contains(plain, []byte("hunter2")) {
		t.Error("the bundle tells a secret")
	}
	z, err := zstd.NewWriter(nil)
	must(t, err)
	for name, data := range map[string][]byte{"plain": plain, "compressed": z.EncodeAll(plain, nil)} {
		b, err := open(t, data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		must(t, b.Verify(keys))
		if b.About.Session != id || b.About.Frames != 7 || len(b.Frames) != 7 || b.About.Settings == nil || !slices.Equal(b.About.Packs["detector"], []string{"pack"}) {
			t.Errorf("%s: %+v", name, b.About)
		}
		for f, err := range sessions.New(c).FramesOf(ctx, id) {
			must(t, err)
			got, err := b.FrameAt(f.Sequence)
			if err != nil || !proto.Equal(got, f.Message) {
				t.Errorf("%s: frame %d: %v, %v", name, f.Sequence, got, err)
			}
		}
		n := 0
		next := func() (streams.Stored[*schemas.Decision], bool) {
			for d, err := range b.Decisions() {
				must(t, err)
				if int(d.Message.GetName().GetSequence()) == n {
					return d, true
				}
			}
			return streams.Stored[*schemas.Decision]{}, false
		}
		for d, err := range sessions.New(c).DecisionsOf(ctx, id) {
			must(t, err)
			n++
			if got, ok := next(); !ok || got.Sequence != d.Sequence || !proto.Equal(got.Message, d.Message) {
				t.Errorf("%s: decision %d: %v", name, n, got)
			}
		}
		for v, err := range b.Verdicts() {
			must(t, err)
			n--
			_ = v
		}
		if n != 0 {
			t.Errorf("%s: %d verdicts are missing", name, n)
		}
		image, mediaType, err := b.Reference()
		if err != nil || string(image) != "reference" || mediaType != "image/png" {
			t.Errorf("%s: reference %q %s %v", name, image, mediaType, err)
		}
		must(t, b.Close())
	}
	if err := recording.Write(ctx, io.Discard, c, uuid.NewString(), nil); !errors.Is(err, streams.ErrNotFound) {
		t.Errorf("an unknown session: %v", err)
	}
}

// entries unpacks a bundle, and pack packs it again.
func entries(t *testing.T, data []byte) (headers []*tar.Header, contents [][]byte) {
	t.Helper()
	r := tar.NewReader(bytes.NewReader(data))
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return headers, contents
		}
		must(t, err)
		content, err := io.ReadAll(r)
		must(t, err)
		headers, contents = append(headers, h), append(contents, content)
	}
}

func pack(t *testing.T, headers []*tar.Header, contents [][]byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for i, h := range headers {
		h.Size = int64(len(contents[i]))
		must(t, w.WriteHeader(h))
		_, err := w.Write(contents[i])
		must(t, err)
	}
	must(t, w.Close())
	return out.Bytes()
}

func TestEveryChangeIsFound(t *testing.T) {
	c, id := stored(t, 4)
	whole := record(t, c, id)
	refused := func(name string, data []byte) {
		t.Helper()
		b, err := open(t, data)
		if err == nil {
			err = errors.Join(b.Verify(keys), b.Close())
		}
		var fault *recording.Error
		if !errors.As(err, &fault) {
			t.Errorf("%s: %v", name, err)
		}
	}
	headers, _ := entries(t, whole)
	for i, h := range headers {
		if h.Name == "signature.jwt" {
			continue // a changed signature may name another key
		}
		hs, cs := entries(t, whole)
		if cs[i] = bytes.Clone(cs[i]); len(cs[i]) > 0 {
			cs[i][len(cs[i])/2] ^= 1
			refused("a bit of "+h.Name, pack(t, hs, cs))
		}

		hs, cs = entries(t, whole)
		refused("without "+h.Name, pack(t, slices.Delete(hs, i, i+1), slices.Delete(cs, i, i+1)))

		hs, cs = entries(t, whole)
		refused("twice "+h.Name, pack(t, append(hs, h), append(cs, cs[i])))
	}
	hs, cs := entries(t, whole)
	hs[1], hs[2], cs[1], cs[2] = hs[2], hs[1], cs[2], cs[1]
	refused("another order", pack(t, hs, cs))

	hs, cs = entries(t, whole)
	hs[1].Name, hs[2].Name = hs[2].Name, hs[1].Name
	refused("other names", pack(t, hs, cs))

	hs, cs = entries(t, whole)
	added := *hs[1]
	added.Name = "frames/000099.jpg"
	refused("one more", pack(t, slices.Insert(hs, 2, &added), slices.Insert(cs, 2, []byte("image"))))

	other, id2 := stored(t, 4)
	_, theirs := entries(t, record(t, other, id2))
	hs, cs = entries(t, whole)
	cs[len(cs)-1] = theirs[len(theirs)-1]
	refused("signature of another", pack(t, hs, cs))

	b, err := open(t, whole)
	must(t, err)
	defer b.Close()
	if err := b.Verify(func(string) ed25519.PublicKey { return nil }); !errors.Is(err, recording.ErrUnsigned) {
		t.Errorf("a stranger's signature: %v", err)
	}
}

func TestHostileBundles(t *testing.T) {
	for _, name := range []string{"../etc/passwd", "/session.json", "frames/../../x", "frames/1.jpg", "frames/000001.exe"} {
		data := pack(t, []*tar.Header{{Name: name, Mode: 0o644, Typeflag: tar.TypeReg}}, [][]byte{[]byte("{}")})
		if _, err := open(t, data); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if _, err := open(t, pack(t, []*tar.Header{{Name: "session.json", Linkname: "/etc/passwd", Typeflag: tar.TypeSymlink}}, [][]byte{nil})); err == nil {
		t.Error("a link was taken")
	}
	if _, err := recording.Receive(bytes.NewReader(make([]byte, 2048)), 1024); err == nil {
		t.Error("more than the limit was taken")
	}
	z, err := zstd.NewWriter(nil)
	must(t, err)
	bomb := z.EncodeAll(pack(t, []*tar.Header{{Name: "session.json", Mode: 0o644, Typeflag: tar.TypeReg}}, [][]byte{make([]byte, 65<<20)}), nil)
	if _, err := recording.Receive(bytes.NewReader(bomb), recording.MaxBytes); err == nil || !strings.Contains(err.Error(), "compressed") {
		t.Errorf("%d bytes that inflate to 65 MiB: %v", len(bomb), err)
	}
}

func TestFramesAreImages(t *testing.T) {
	c, id := stored(t, 1)
	hs, cs := entries(t, record(t, c, id))
	for i, h := range hs {
		if h.Name == "frames.jsonl" {
			cs[i] = bytes.Replace(cs[i], []byte(`"image/jpeg"`), []byte(`"image/png"`), 1)
		}
	}
	b, err := open(t, pack(t, hs, cs))
	must(t, err)
	defer b.Close()
	var fault *recording.Error
	if f, err := b.FrameAt(b.Frames[0].Stored); !errors.As(err, &fault) {
		t.Errorf("got %v, %v of a type that was not looked at", f, err)
	}
}

func FuzzOpen(f *testing.F) {
	c, id := stored(f, 2)
	f.Add(record(f, c, id))
	f.Add([]byte("no tar"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := recording.Receive(bytes.NewReader(data), 1<<20)
		if err != nil {
			return
		}
		defer b.Close()
		_ = b.Verify(keys)
		for _, frame := range b.Frames {
			_, _ = b.FrameAt(frame.Stored)
		}
		for range b.Decisions() {
		}
		for range b.Verdicts() {
		}
		for range b.Events() {
		}
	})
}

func TestImportedSessionIsReadAndNotJudged(t *testing.T) {
	c, id := stored(t, 3)
	data := record(t, c, id)
	b, err := open(t, data)
	must(t, err)
	defer b.Close()

	there := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	judged := make(chan string, 100)
	for _, stream := range []string{streams.Frames, streams.Sessions, streams.Decisions} {
		streamstest.Go(t, func(ctx context.Context) error {
			return there.Consume(ctx, streams.Work{Stream: stream, Durable: "worker", Concurrency: 1, AckWait: time.Minute}, func(_ context.Context, d *streams.Delivery) error {
				judged <- d.Subject
				return nil
			})
		})
	}
	must(t, recording.Import(ctx, there, b))
	if err := recording.Import(ctx, there, b); !errors.Is(err, recording.ErrExists) {
		t.Errorf("the second time: %v", err)
	}
	if _, err := sessions.New(there).OwnLastDecision(ctx, id); !errors.Is(err, sessions.ErrImported) {
		t.Errorf("it can be continued: %v", err)
	}
	again, err := open(t, record(t, there, id))
	must(t, err)
	defer again.Close()
	must(t, again.Verify(keys))
	for i, f := range b.Frames {
		was, err := b.FrameAt(f.Stored)
		must(t, err)
		is, err := again.FrameAt(again.Frames[i].Stored)
		if err != nil || !proto.Equal(was, is) {
			t.Errorf("frame %d: %v, %v", i, is, err)
		}
	}
	// A live session behind it shows that the consumers have skipped it.
	live := uuid.NewString()
	must(t, there.PublishSessionEvent(ctx, &schemas.SessionEvent{Version: schemas.Version, Session: live}))
	_, err = there.PublishFrame(ctx, &schemas.Frame{Version: schemas.Version, Name: &schemas.FrameName{Session: live, Sequence: 1}})
	must(t, err)
	_, err = there.PublishDecision(ctx, &schemas.Decision{Version: schemas.Version, Name: &schemas.FrameName{Session: live, Sequence: 1}}, 0)
	must(t, err)
	for range 3 {
		if subject := <-judged; !strings.HasSuffix(subject, live) {
			t.Errorf("a worker receives %s", subject)
		}
	}
}

func TestErasedSessionIsNotImported(t *testing.T) {
	c, id := stored(t, 3)
	b, err := open(t, record(t, c, id))
	must(t, err)
	defer b.Close()
	ctx := streamstest.Context(t)
	erased := &schemas.SessionEvent{Version: schemas.Version, Session: id, Kind: schemas.SessionEventKind_SESSION_ERASED}
	must(t, sessions.New(c).Erase(ctx, id, erased))
	must(t, c.Stream(streams.Sessions).Purge(ctx, ">", 0)) // the mark is enough
	if err := recording.Import(ctx, c, b); !errors.Is(err, recording.ErrExists) {
		t.Errorf("got %v", err)
	}
}

func TestFailedImportLeavesNothing(t *testing.T) {
	c, id := stored(t, 3)
	hs, cs := entries(t, record(t, c, id))
	for i, h := range hs {
		if h.Name == "decisions.jsonl" {
			cs[i] = append(cs[i], "{}\n"...)
		}
	}
	b, err := open(t, pack(t, hs, cs))
	must(t, err)
	defer b.Close()
	there := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	var fault *recording.Error
	if err := recording.Import(ctx, there, b); !errors.As(err, &fault) {
		t.Errorf("got %v", err)
	}
	for range sessions.New(there).FramesOf(ctx, id) {
		t.Fatal("a frame is left")
	}
	if _, err := sessions.New(there).LastDecision(ctx, id); !errors.Is(err, streams.ErrNotFound) {
		t.Errorf("a decision is left: %v", err)
	}
}
