package api

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/selene-liveness/selene/streams/recording"
)

const compressed = "zstd"

const (
	importsAtOnce = 2
	importWait    = 10 * time.Second // after which another may be possible
)

// record answers with everything stored about a session as one bundle.
func (a *API) record(w http.ResponseWriter, r *http.Request) error {
	id, err := sessionID(r)
	if err != nil {
		return err
	}
	name, mediaType := id+".tar", "application/x-tar"
	out := &firstWrite{Writer: w}
	var bundle io.Writer = out
	finish := func() error { return nil }
	switch r.URL.Query().Get("compress") {
	case "":
	case compressed:
		name, mediaType = name+".zst", "application/zstd"
		z, err := zstd.NewWriter(out, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return fmt.Errorf("compress the recording: %w", err)
		}
		bundle, finish = z, z.Close // so that an interrupted bundle does not look complete
	default:
		return problem(http.StatusBadRequest, "compress must be zstd or absent")
	}
	out.first = func() {
		w.Header().Set("Content-Type", mediaType)
		w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
		a.audited(r, "sessions.record", id, "")
	}
	err = recording.Write(r.Context(), bundle, a.Conn, id, a.Signer.SignEvidence)
	if err == nil {
		err = finish()
	}
	if err != nil && out.first == nil { // the status is sent: only a broken answer can report it
		slog.Error("record session", "session", id, "error", err)
		panic(http.ErrAbortHandler)
	}
	return err
}

// firstWrite calls first before the first byte.
type firstWrite struct {
	io.Writer
	first func()
}

func (b *firstWrite) Write(p []byte) (int, error) {
	if b.first != nil {
		b.first()
		b.first = nil
	}
	return b.Writer.Write(p)
}

// extendingReader extends the deadline of a large body while data arrives.
type extendingReader struct {
	io.Reader
	control *http.ResponseController
}

func (p extendingReader) Read(b []byte) (int, error) {
	// A body in a test may have no deadlines.
	_ = p.control.SetReadDeadline(time.Now().Add(writeTimeout))
	return p.Reader.Read(b)
}

// importRecording imports a bundle. One with an unknown signer needs trust=true.
func (a *API) importRecording(w http.ResponseWriter, r *http.Request) error {
	select {
	case a.imports <- struct{}{}:
		defer func() { <-a.imports }()
	default:
		return tooMany(importWait, "too many recordings are being imported")
	}
	b, err := recording.Receive(extendingReader{r.Body, http.NewResponseController(w)}, recording.MaxBytes)
	if err != nil {
		return recordingProblem(err)
	}
	defer b.Close()
	err = b.Verify(a.Signer.EvidenceKey)
	trusted := errors.Is(err, recording.ErrUnsigned) && r.URL.Query().Get("trust") == "true"
	if err != nil && !trusted && !errors.Is(err, recording.ErrIncomplete) { // frames are not kept for long
		return recordingProblem(err)
	}
	if err := recording.Import(r.Context(), a.Conn, b); err != nil {
		return recordingProblem(err)
	}
	detail := ""
	if trusted {
		detail = "unknown signer"
	}
	a.audited(r, "sessions.import", b.About.Session, detail)
	w.Header().Set("Location", "sessions/"+b.About.Session)
	return writeCreated(w, map[string]any{"session": b.About.Session, "frames": len(b.Frames)})
}

func recordingProblem(err error) error {
	var fault *recording.Error
	switch {
	case errors.Is(err, recording.ErrUnsigned):
		return problem(
			http.StatusUnprocessableEntity,
			err.Error()+"; verify it with the keys of the installation that it comes from, then import it with trust=true",
		)
	case errors.As(err, &fault):
		return problem(http.StatusUnprocessableEntity, err.Error())
	case errors.Is(err, recording.ErrExists):
		return problem(http.StatusConflict, err.Error())
	}
	return err
}
