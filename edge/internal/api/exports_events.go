package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// exportEvents sends the states of an export as server-sent events until it is finished.
func (a *API) exportEvents(w http.ResponseWriter, r *http.Request) error {
	return a.sendExport(w, r, writeTimeout/3)
}

type exportStep struct {
	export *schemas.Export
	err    error
}

// sendExport sends the states of an export. It writes a comment after each interval without one, so that proxies and deadlines
// see a live connection.
func (a *API) sendExport(w http.ResponseWriter, r *http.Request, interval time.Duration) error {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	steps := make(chan exportStep)
	go func() {
		defer close(steps)
		for e, err := range a.exportStore.Watch(ctx, r.PathValue("id")) {
			select {
			case steps <- exportStep{e, err}:
			case <-ctx.Done():
			}
		}
	}()
	step, ok := <-steps
	if !ok || step.err != nil {
		return step.err
	}
	// A browser connects again after the end, until it gets this status.
	if r.Header.Get("Last-Event-ID") == stepID(step.export) && step.export.Over() {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	control := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // nginx
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for ok {
		text, err := ": nothing new\n\n", error(nil)
		if step.export != nil {
			text, err = exportEvent(step.export)
		}
		if err != nil {
			return err
		}
		if _, err := w.Write([]byte(text)); err != nil {
			return nil // the client is gone
		}
		if err := control.Flush(); err != nil {
			return nil // so it is
		}
		tick.Reset(interval)
		select {
		case step, ok = <-steps:
			if step.err != nil && ctx.Err() == nil { // the status is sent: only a broken answer can report it
				if !errors.Is(step.err, streams.ErrNotFound) { // removed in the meantime
					slog.Warn("follow export", "path", r.URL.Path, "error", step.err)
				}
				panic(http.ErrAbortHandler)
			}
		case <-tick.C:
			step = exportStep{}
		}
	}
	return nil
}

// stepID returns the ID of a state of an export.
func stepID(e *schemas.Export) string { return fmt.Sprintf("%s-%d", e.Status, e.Percent) }

func exportEvent(e *schemas.Export) (string, error) {
	data, err := json.Marshal(shown(e))
	if err != nil {
		return "", fmt.Errorf("encode export %s: %w", e.ID, err)
	}
	return fmt.Sprintf("event: status\nid: %s\ndata: %s\n\n", stepID(e), data), nil
}
