package api

import (
	"errors"
	"fmt"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/objects"
)

// video answers with the video of a session, with ranges.
func (a *API) video(w http.ResponseWriter, r *http.Request) error {
	id, err := sessionID(r)
	if err != nil {
		return err
	}
	status, err := a.sessions.LastVideo(r.Context(), id)
	if errors.Is(err, streams.ErrNotFound) {
		return problem(http.StatusNotFound, fmt.Sprintf("session %s has no video: it is created after the session has ended", id))
	}
	if err != nil {
		return err
	}
	if status.GetStatus() != schemas.VideoSuccess {
		p := problem(
			http.StatusNotFound,
			fmt.Sprintf("the video of session %s is not available: %s", id, strings.TrimSpace(status.GetStatus()+" "+status.GetReason())),
		)
		if p.Video, err = asJSON(status); err != nil {
			return err
		}
		return p
	}
	file, err := a.objects.Open(r.Context(), status.GetObject())
	if errors.Is(err, streams.ErrNotFound) {
		return problem(http.StatusNotFound, fmt.Sprintf("the video of session %s is no longer stored", id))
	}
	if err != nil {
		return err
	}
	defer file.Close()
	a.auditLink(r, id, "video")
	serveObject(w, r, file, "inline", id+path.Ext(status.GetObject()))
	return nil
}

// serveObject answers with a stored file, or the requested ranges of it. disposition is inline or attachment, name the file name
// for saving.
func serveObject(w http.ResponseWriter, r *http.Request, file *objects.Object, disposition, name string) {
	h := w.Header()
	h.Set("Content-Type", file.MediaType)
	h.Set("Cache-Control", "private, no-cache")
	h.Set("ETag", `"`+strings.ReplaceAll(file.Digest, `"`, "")+`"`)
	h.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": name}))
	http.ServeContent(w, r, "", file.Stored, file)
}
