package media

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/selene-liveness/selene/streams/internal/conflict"
)

// objects is a JetStream object store in the layout of the NATS clients, so that `nats object` can read it. It accesses the
// messages itself, because the client's Get ends after a few seconds by default, cannot seek, and holds megabytes for a slow
// reader; its Put sends hundreds of megabytes ahead to a slow broker; and its Delete leaves a message behind.
type objects struct {
	js     jetstream.JetStream
	stream jetstream.Stream
	bucket string
}

const (
	chunkSize       = 128 << 10
	headerMediaType = "Content-Type"
	cleanUpTime     = 5 * time.Second
)

// Objects returns the object store with a name, which must exist.
func Objects(ctx context.Context, js jetstream.JetStream, bucket string) (Store, error) {
	stream, err := js.Stream(ctx, "OBJ_"+bucket)
	if err != nil {
		return nil, fmt.Errorf("find object store %s: %w", bucket, err)
	}
	return &objects{js, stream, bucket}, nil
}

func (o *objects) chunks(id string) string { return "$O." + o.bucket + ".C." + id }

func (o *objects) meta(name string) string {
	return "$O." + o.bucket + ".M." + base64.URLEncoding.EncodeToString([]byte(name))
}

func (o *objects) Put(ctx context.Context, name, mediaType string, r io.Reader) error {
	if err := checkName(name); err != nil {
		return err
	}
	info := &jetstream.ObjectInfo{
		Bucket: o.bucket, NUID: uuid.NewString(), ModTime: time.Now().UTC(),
		ObjectMeta: jetstream.ObjectMeta{
			Name: name, Headers: nats.Header{headerMediaType: {mediaType}},
			Opts: &jetstream.ObjectMetaOptions{ChunkSize: chunkSize},
		},
	}
	if err := o.upload(ctx, info, r); err != nil {
		clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
		defer cancel()
		return errors.Join(err, o.stream.Purge(clean, jetstream.WithPurgeSubject(o.chunks(info.NUID))))
	}
	old, err := o.publish(ctx, info) // on failure it may be stored nevertheless, so the chunks are left to Clean
	if err != nil || old == nil {
		return err
	}
	if err := o.stream.Purge(ctx, jetstream.WithPurgeSubject(o.chunks(old.NUID))); err != nil {
		slog.Warn("the replaced object stays until the next cleaning", "object", name, "error", err)
	}
	return nil
}

// upload sends one chunk at a time, so that a slow broker slows the writer down.
func (o *objects) upload(ctx context.Context, info *jetstream.ObjectInfo, r io.Reader) error {
	digest, chunk := sha256.New(), make([]byte, chunkSize)
	for done := false; !done; {
		n, err := io.ReadFull(r, chunk)
		done = errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !done {
			return err
		}
		if n == 0 {
			break
		}
		digest.Write(chunk[:n])
		msg := &nats.Msg{
			Subject: o.chunks(info.NUID), Data: chunk[:n],
			Header: nats.Header{headerOffset: {strconv.FormatUint(info.Size, 10)}},
		}
		if _, err := o.js.PublishMsg(ctx, msg); err != nil {
			return err
		}
		info.Size += uint64(n) //nolint:gosec // a length
		info.Chunks++
	}
	info.Digest = jetstream.GetObjectDigestValue(digest)
	return nil
}

const publishTries = 20

// publish turns the chunks into an object, and returns the object it replaced. Of several at once each replaces another.
func (o *objects) publish(ctx context.Context, info *jetstream.ObjectInfo) (*jetstream.ObjectInfo, error) {
	data, err := json.Marshal(info)
	if err != nil {
		return nil, err
	}
	msg := &nats.Msg{Subject: o.meta(info.Name), Data: data, Header: nats.Header{jetstream.MsgRollup: {jetstream.MsgRollupSubject}}}
	for try := 1; ; try++ {
		old, seq, err := o.info(ctx, info.Name)
		if err != nil {
			return nil, err
		}
		_, err = o.js.PublishMsg(ctx, msg, jetstream.WithExpectLastSequencePerSubject(seq))
		if !conflict.Is(err) || try == publishTries {
			return old, err
		}
		select { // the server that answered may be behind
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Duration(try) * time.Millisecond):
		}
	}
}

// info returns what is stored about an object and the sequence of that message; nil if the object does not exist.
func (o *objects) info(ctx context.Context, name string) (*jetstream.ObjectInfo, uint64, error) {
	msg, err := o.stream.GetLastMsgForSubject(ctx, o.meta(name))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	info := &jetstream.ObjectInfo{}
	if err := json.Unmarshal(msg.Data, info); err != nil {
		return nil, 0, fmt.Errorf("the stored description of the object is not JSON: %w", err)
	}
	info.ModTime = msg.Time
	if info.Deleted { // by a client
		return nil, msg.Sequence, nil
	}
	return info, msg.Sequence, nil
}

func (o *objects) Open(ctx context.Context, name string) (*Object, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	info, _, err := o.info(ctx, name)
	if err != nil {
		return nil, err
	}
	if info == nil {
		return nil, notFound(name)
	}
	size := int64(info.Size) //nolint:gosec // the broker's count
	r := &chunkReader{size: size, next: func(from uint64) (*jetstream.RawStreamMsg, error) {
		return o.chunk(ctx, o.chunks(info.NUID), from)
	}}
	return &Object{r, describe(info)}, nil
}

func describe(i *jetstream.ObjectInfo) Info {
	return Info{i.Name, int64(i.Size), i.ModTime, i.Headers.Get(headerMediaType), i.Digest} //nolint:gosec // the broker's count
}

// Delete removes the object as it is found. One that is stored meanwhile stays.
func (o *objects) Delete(ctx context.Context, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	info, seq, err := o.info(ctx, name)
	if err != nil || info == nil {
		return err
	}
	if err := o.stream.Purge(ctx, jetstream.WithPurgeSubject(o.meta(name)), jetstream.WithPurgeSequence(seq+1)); err != nil {
		return err
	}
	return o.stream.Purge(ctx, jetstream.WithPurgeSubject(o.chunks(info.NUID)))
}

func (o *objects) List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		for info, err := range o.infos(ctx) {
			if err != nil {
				yield(Info{}, err)
				return
			}
			if strings.HasPrefix(info.Name, prefix) && !yield(describe(info), nil) {
				return
			}
		}
	}
}

// infos yields what is stored about each object, one at a time.
func (o *objects) infos(ctx context.Context) iter.Seq2[*jetstream.ObjectInfo, error] {
	return func(yield func(*jetstream.ObjectInfo, error) bool) {
		for seq := uint64(1); ; {
			msg, err := o.stream.GetMsg(ctx, seq, jetstream.WithGetMsgSubject("$O."+o.bucket+".M.>"))
			if errors.Is(err, jetstream.ErrMsgNotFound) {
				return
			}
			info := &jetstream.ObjectInfo{}
			if err == nil {
				seq, err = msg.Sequence+1, json.Unmarshal(msg.Data, info)
			}
			if err != nil {
				yield(nil, fmt.Errorf("list object store %s: %w", o.bucket, err))
				return
			}
			info.ModTime = msg.Time
			if !info.Deleted && !yield(info, nil) {
				return
			}
		}
	}
}

// Clean removes chunks that do not belong to an object. Meanwhile it holds one identifier for each object.
func (o *objects) Clean(ctx context.Context, before time.Time) error {
	s, err := o.stream.Info(ctx, jetstream.WithSubjectFilter(o.chunks("*")))
	if err != nil {
		return err
	}
	orphans := s.State.Subjects
	for info, err := range o.infos(ctx) {
		if err != nil {
			return err
		}
		delete(orphans, o.chunks(info.NUID))
	}
	for subject := range orphans {
		msg, err := o.stream.GetLastMsgForSubject(ctx, subject)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if !msg.Time.Before(before) {
			continue
		}
		if err := o.stream.Purge(ctx, jetstream.WithPurgeSubject(subject)); err != nil {
			return err
		}
	}
	return nil
}
