package sweep_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/media"
	"github.com/selene-liveness/selene/streams/objects"
	"github.com/selene-liveness/selene/streams/seal"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/streams/sweep"
)

// disk is an installation whose files are searched.
type disk struct {
	*testing.T
	dir    string
	broker *streams.Broker
	media  media.Config
	conn   *streams.Conn
}

func (d *disk) options(m *seal.Master) streams.Options {
	return streams.Options{Broker: d.broker, Media: d.media, Master: m}
}

func onDisk(t *testing.T, store string) *disk {
	t.Helper()
	dir := t.TempDir()
	b, err := streams.NewBroker(streams.BrokerOptions{Dir: filepath.Join(dir, "broker")})
	if err != nil {
		t.Fatal(err)
	}
	streamstest.Go(t, b.Run)
	m := media.DefaultConfig()
	m.Store, m.Dir = store, filepath.Join(dir, "media")
	d := &disk{T: t, dir: dir, broker: b, media: m}
	if d.conn, err = streams.Connect(streamstest.Context(t), d.options(streamstest.Master())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.conn.Close)
	return d
}

// has reports whether bytes are in any file.
func (d *disk) has(text []byte) (found bool) {
	d.Helper()
	err := filepath.WalkDir(d.dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			var data []byte
			data, err = os.ReadFile(path)
			found = found || bytes.Contains(data, text)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	if err != nil {
		d.Fatal(err)
	}
	return found
}

// keys returns the keys of a session as they are stored, by name.
func (d *disk) keys(session string) map[string][]byte {
	d.Helper()
	keys := map[string][]byte{}
	bucket := d.conn.Bucket(streams.BucketKeys)
	stored, err := bucket.List(streamstest.Context(d), session+".>")
	if err != nil {
		d.Fatal(err)
	}
	for _, v := range stored {
		name, _, _ := strings.Cut(strings.TrimPrefix(v.Key, session+"."), ".")
		keys[name] = v.Data
	}
	return keys
}

// Once the broker has removed what a key encrypts, the key is overwritten, and what is left in blocks of the disk is noise.
func TestKeysExpireWithWhatTheyEncrypt(t *testing.T) {
	everyStore(t, func(t *testing.T, store string) {
		d, ctx := onDisk(t, store), streamstest.Context(t)
		c, id := d.conn, uuid.NewString()
		face := []byte("the face of a person")
		if _, err := c.PublishFrame(ctx, &schemas.Frame{
			Version: schemas.Version, Name: &schemas.FrameName{Session: id, Sequence: 1, Nonce: "n"}, Image: face,
		}); err != nil {
			t.Fatal(err)
		}
		if err := c.PublishSessionEvent(ctx, &schemas.SessionEvent{Version: schemas.Version, Session: id}); err != nil {
			t.Fatal(err)
		}
		putObject(t, c, objects.BestShotName(id), face)
		ticket := schemas.Ticket{Expires: time.Now().Add(time.Hour), ExternalID: string(face)}
		if err := sessions.New(c).PutTicket(ctx, id, ticket, &schemas.Reference{Image: face}); err != nil {
			t.Fatal(err)
		}
		keys := d.keys(id)
		if len(keys) != 4 {
			t.Fatalf("%d keys: %v", len(keys), keys)
		}
		if d.has(face) {
			t.Error("a face is stored as it is")
		}
		left := func(when string, now time.Time, want ...string) {
			t.Helper()
			if _, err := sweep.New(c).Sweep(ctx, now); err != nil {
				t.Fatal(err)
			}
			for name, key := range keys {
				expected := strings.Contains(strings.Join(want, " "), name)
				if d.has(key) != expected || (d.keys(id)[name] != nil) != expected {
					t.Errorf("%s: the key of %s %s: on the disk %t, in the bucket %t", when, name, hex.EncodeToString(key), d.has(key), d.keys(id)[name] != nil)
				}
			}
		}
		now := time.Now()
		left("at once", now, "frames", "decisions", "reference", "file")
		left("while all is stored", now.Add(40*day), "frames", "decisions", "reference") // the best shot has expired
		purge := func(stream, subject string) {
			t.Helper()
			if err := c.Stream(stream).Purge(ctx, subject, 0); err != nil {
				t.Fatal(err)
			}
		}
		purge(streams.Frames, ">")
		left("before the frames are old", now, "frames", "decisions", "reference")
		left("when the frames are gone", now.Add(2*day), "decisions", "reference")
		if err := c.Bucket(streams.BucketTickets).Purge(ctx, "reference."+id); err != nil {
			t.Fatal(err)
		}
		left("when the reference is gone", now.Add(2*day), "decisions")
		purge(streams.Sessions, ">")
		left("while there is the ticket", now.Add(40*day), "decisions")
		if err := c.Bucket(streams.BucketTickets).Purge(ctx, ">"); err != nil {
			t.Fatal(err)
		}
		left("when all is gone", now.Add(40*day))
	})
}

// What a plugin without a master key has stored is overwritten when its session is erased, and before it expires.
func TestPlainMessagesAreOverwritten(t *testing.T) {
	d, ctx := onDisk(t, media.StoreObjects), streamstest.Context(t)
	c, now := d.conn, time.Now()
	put := func(id, mark string) {
		t.Helper()
		for _, to := range []string{streams.Subject(streams.KindVerdict, "d", "hats", id), streams.Subject(streams.KindDead, "hats", id)} {
			for range 3 {
				if _, err := c.Publish(ctx, to, []byte(mark), streams.PublishOptions{Plain: true}); err != nil {
					t.Fatal(err)
				}
			}
		}
		streamstest.Eventually(t, func() error {
			if !d.has([]byte(mark)) {
				return errors.New("not on the disk yet")
			}
			return nil
		})
	}
	id, other := uuid.NewString(), uuid.NewString()
	const mark, otherMark = "what a plugin says of a person", "what a plugin says of another"
	put(id, mark)
	put(other, otherMark)
	erased := &schemas.SessionEvent{Version: schemas.Version, Session: id, Kind: schemas.SessionEventKind_SESSION_ERASED}
	if err := sessions.New(c).Erase(ctx, id, erased); err != nil {
		t.Fatal(err)
	}
	if d.has([]byte(mark)) || !d.has([]byte(otherMark)) {
		t.Error("the verdicts are on the disk after the erasure, or those of another session are not")
	}
	sealed := &schemas.Verdict{Version: schemas.Version, Name: &schemas.FrameName{Session: other, Nonce: "n"}, Decider: "d", Worker: "w"}
	if err := c.PublishVerdict(ctx, sealed); err != nil {
		t.Fatal(err)
	}
	kept := c.Stream(streams.Verdicts).MaxAge()
	for _, when := range []struct {
		after time.Duration
		left  bool
	}{{0, true}, {kept - time.Hour, true}, {kept - 10*time.Minute, false}} {
		if _, err := sweep.New(c).Sweep(ctx, now.Add(when.after)); err != nil {
			t.Fatal(err)
		}
		if d.has([]byte(otherMark)) != when.left {
			t.Errorf("after %v the verdicts are on the disk: %t", when.after, !when.left)
		}
	}
	if _, err := streams.LastAs[schemas.Verdict](ctx, c.Stream(streams.Verdicts), streams.Subject(streams.KindVerdict, "d", "w", other)); err != nil {
		t.Errorf("a verdict that is sealed was removed, too: %v", err)
	}
}

// The keys that a former master key encrypted are gone once they were encrypted again, and everything can be read.
func TestRewrap(t *testing.T) {
	d, ctx := onDisk(t, media.StoreObjects), streamstest.Context(t)
	id := uuid.NewString()
	name := objects.BestShotName(id)
	putObject(t, d.conn, name, []byte("face"))
	before := d.keys(id)["file"]
	newest := bytes.Repeat([]byte{1}, seal.KeySize)
	connect := func(m *seal.Master) *streams.Conn {
		t.Helper()
		c, err := streams.Connect(ctx, d.options(m))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		return c
	}
	both := connect(seal.NewMaster(newest, make([]byte, seal.KeySize)))
	if n, err := both.Keys().Rewrap(ctx); err != nil || n != 2 { // and the one that shows which master key is right
		t.Fatalf("%d keys, %v", n, err)
	}
	if d.has(before) {
		t.Error("what the former master key encrypted is on the disk")
	}
	if n, err := both.Keys().Rewrap(ctx); err != nil || n != 0 {
		t.Errorf("%d keys the second time, %v", n, err)
	}
	if !isThere(t, connect(seal.NewMaster(newest)), name) {
		t.Error("the file cannot be read with the new master key")
	}
	if _, err := streams.Connect(ctx, d.options(streamstest.Master())); !errors.Is(err, seal.ErrMaster) {
		t.Errorf("with the former master key alone: %v", err)
	}
}
