package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// headerOffset is the position in the object at which a chunk begins. Other clients do not write it.
const headerOffset = "Selene-Offset"

// chunkReader reads an object chunk by chunk. Between the chunks of an object the stream has those of others. Seek costs
// nothing. The next Read moves on to the requested position, from the beginning if that lies behind: the chunk that is n
// chunks ahead is at least n messages ahead, so Read skips that many and checks where it is. One chunk is in memory.
type chunkReader struct {
	next  func(from uint64) (*jetstream.RawStreamMsg, error) // returns the first chunk at or behind a sequence
	size  int64
	want  int64 // of the next Read
	at    int64 // of chunk
	chunk []byte
	seq   uint64 // of chunk in the stream
	walk  bool   // chunks have no headerOffset
}

func (r *chunkReader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.want
	case io.SeekEnd:
		offset += r.size
	}
	if offset < 0 {
		return r.want, errors.New("seek before the beginning")
	}
	r.want = offset
	return offset, nil
}

func (r *chunkReader) Read(p []byte) (int, error) {
	if r.want >= r.size {
		return 0, io.EOF
	}
	if r.want < r.at {
		r.at, r.chunk, r.seq = 0, nil, 0
	}
	for r.want >= r.at+int64(len(r.chunk)) {
		end, skip := r.at+int64(len(r.chunk)), uint64(0)
		if !r.walk {
			skip = uint64((r.want - end) / chunkSize) //nolint:gosec // want is past end
		}
		msg, err := r.next(r.seq + skip + 1)
		if err != nil {
			return 0, err
		}
		at, err := strconv.ParseInt(msg.Header.Get(headerOffset), 10, 64)
		if r.walk = err != nil; r.walk && skip > 0 {
			continue
		}
		if r.walk {
			at = end
		}
		if len(msg.Data) == 0 || at < end || at > r.want {
			return 0, fmt.Errorf("chunk of %d bytes at byte %d, expected byte %d: %w", len(msg.Data), at, r.want, io.ErrUnexpectedEOF)
		}
		r.at, r.chunk, r.seq = at, msg.Data, msg.Sequence
	}
	n := copy(p, r.chunk[r.want-r.at:])
	r.want += int64(n)
	return n, nil
}

func (r *chunkReader) Close() error { return nil }

const (
	chunkTries = 5
	chunkPause = 100 * time.Millisecond
)

// chunk returns the first message of subject at or behind a sequence. Any server of a cluster may answer, and it may be a
// little behind the others.
func (o *objects) chunk(ctx context.Context, subject string, from uint64) (*jetstream.RawStreamMsg, error) {
	for try := 1; ; try++ {
		msg, err := o.stream.GetMsg(ctx, from, jetstream.WithGetMsgSubject(subject))
		if !errors.Is(err, jetstream.ErrMsgNotFound) {
			return msg, err
		}
		if try == chunkTries {
			return nil, fmt.Errorf("the object was replaced or deleted while it was read: %w", err)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(chunkPause):
		}
	}
}
