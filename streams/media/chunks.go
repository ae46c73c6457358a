package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// chunkReader reads an object chunk by chunk, which follow each other in the stream with others between them. Seek costs
// nothing; the next Read walks on to the place asked for, or from the beginning to go back. One chunk is in memory.
type chunkReader struct {
	next  func(after uint64) (*jetstream.RawStreamMsg, error)
	size  int64
	want  int64 // of the next Read
	at    int64 // of chunk
	chunk []byte
	seq   uint64 // of chunk in the stream
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
		msg, err := r.next(r.seq)
		if err != nil {
			return 0, err
		}
		if len(msg.Data) == 0 {
			return 0, fmt.Errorf("an empty chunk at byte %d: %w", r.at, io.ErrUnexpectedEOF)
		}
		r.at, r.chunk, r.seq = r.at+int64(len(r.chunk)), msg.Data, msg.Sequence
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

// chunk is the first message of subject behind a sequence. Any server of a cluster may be asked, and it may be a little
// behind the others.
func (o *objects) chunk(ctx context.Context, subject string, after uint64) (*jetstream.RawStreamMsg, error) {
	for try := 1; ; try++ {
		msg, err := o.stream.GetMsg(ctx, after+1, jetstream.WithGetMsgSubject(subject))
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
