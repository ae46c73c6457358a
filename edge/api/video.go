package api

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"

	"github.com/selene-liveness/selene/streams"
)

const videoDone = "success"

// video is the session's video, with ranges.
func (a *API) video(w http.ResponseWriter, r *http.Request) error {
	id, err := sessionID(r)
	if err != nil {
		return err
	}
	status, err := a.Conn.LastVideo(r.Context(), id)
	if errors.Is(err, streams.ErrNotFound) {
		return problem(http.StatusNotFound, fmt.Sprintf("session %s has no video: it is made when the session is over", id))
	}
	if err != nil {
		return err
	}
	if status.GetStatus() != videoDone {
		p := problem(http.StatusNotFound, fmt.Sprintf("the video of session %s is not there: %s", id, strings.TrimSpace(status.GetStatus()+" "+status.GetReason())))
		if p.Video, err = asJSON(status); err != nil {
			return err
		}
		return p
	}
	first, err := a.Conn.OpenObject(r.Context(), status.GetObject())
	if err != nil {
		return err
	}
	file := &objectFile{
		open:   func() (*streams.Object, error) { return a.Conn.OpenObject(r.Context(), status.GetObject()) },
		reader: first, size: first.Size,
	}
	defer file.close()
	h := w.Header()
	h.Set("Content-Type", first.MediaType)
	h.Set("Cache-Control", "private, no-cache")
	h.Set("ETag", `"`+strings.ReplaceAll(first.Digest, `"`, "")+`"`)
	h.Set("Content-Disposition", fmt.Sprintf("inline; filename=%q", id+path.Ext(status.GetObject())))
	http.ServeContent(w, r, "", first.Stored, file)
	return nil
}

// objectFile lets http.ServeContent seek in an object, which can only be read from its beginning: it reads on to the
// place asked for, or opens the object again to go back. No more than a few kilobytes of it are in memory.
type objectFile struct {
	open   func() (*streams.Object, error)
	reader io.ReadCloser
	at     int64 // of reader
	want   int64 // of the next Read
	size   int64
}

func (f *objectFile) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += f.want
	case io.SeekEnd:
		offset += f.size
	}
	if offset < 0 {
		return f.want, errors.New("seek before the beginning")
	}
	f.want = offset
	return offset, nil
}

func (f *objectFile) Read(p []byte) (int, error) {
	if f.want >= f.size {
		return 0, io.EOF
	}
	if f.want < f.at {
		f.close()
		o, err := f.open()
		if err != nil {
			return 0, err
		}
		f.reader, f.at = o, 0
	}
	if f.want > f.at {
		n, err := io.CopyN(io.Discard, f.reader, f.want-f.at)
		f.at += n
		if err != nil {
			return 0, err
		}
	}
	n, err := f.reader.Read(p)
	f.at += int64(n)
	f.want = f.at
	return n, err
}

func (f *objectFile) close() { _ = f.reader.Close() } // it was read, or is not wanted any more
