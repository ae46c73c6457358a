package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/exports"
	"github.com/selene-liveness/selene/streams/webhook"
)

const (
	maxOrder  = 64 << 10
	queueWait = 30 * time.Second // after which a full queue may have space
)

// makeExport queues an order.
func (a *API) makeExport(w http.ResponseWriter, r *http.Request) error {
	document, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxOrder))
	if err != nil {
		return err
	}
	order, err := schemas.ParseExportOrder(document)
	if err != nil {
		return err
	}
	if order.Webhook != "" {
		if err := a.Hooks.Reach(r.Context(), order.Webhook); err != nil {
			return wrongHook("webhook", err.Error())
		}
	}
	for _, id := range order.Sessions {
		n, err := a.sessions.CountFrames(r.Context(), id)
		if err != nil {
			return err
		}
		if n == 0 {
			return problem(
				http.StatusNotFound,
				fmt.Sprintf("session %s has no frames (any more): they are kept for at most %v", id, a.sessions.FramesAge()),
			)
		}
	}
	e, err := a.exportStore.Create(r.Context(), *order)
	if errors.Is(err, exports.ErrQueueFull) {
		return tooMany(queueWait, err.Error())
	}
	if err != nil {
		return err
	}
	a.audited(r, "exports.make", e.ID, fmt.Sprintf("sessions: %d", len(order.Sessions)))
	w.Header().Set("Location", "exports/"+e.ID)
	return writeCreated(w, shown(e))
}

// shown returns an export without possible secrets in the address of its webhook: readers of exports need not know them.
func shown(e *schemas.Export) *schemas.Export {
	if e.Order.Webhook == "" {
		return e
	}
	out := *e
	out.Order.Webhook = webhook.Target(e.Order.Webhook)
	return &out
}

// exports lists the newest exports, newest first.
func (a *API) exports(w http.ResponseWriter, r *http.Request) error {
	all, err := a.exportStore.All(r.Context())
	if err != nil {
		return err
	}
	for i, e := range all {
		all[i] = shown(e)
	}
	return writeJSON(w, map[string]any{"exports": all})
}

func (a *API) export(w http.ResponseWriter, r *http.Request) error {
	e, _, err := a.exportStore.Get(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return writeJSON(w, shown(e))
}

// endExport cancels a waiting or running export and answers with its final state. It removes a finished one with its files.
func (a *API) endExport(w http.ResponseWriter, r *http.Request) error {
	ctx := context.WithoutCancel(r.Context()) // also if the caller disconnects
	e, _, err := a.exportStore.Get(ctx, r.PathValue("id"))
	if err != nil {
		return err
	}
	if e.Over() {
		if err := a.exportStore.Remove(ctx, e); err != nil {
			return err
		}
		a.audited(r, "exports.delete", e.ID, "")
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if e, err = a.exportStore.Cancel(ctx, e.ID); err != nil {
		return err
	}
	a.audited(r, "exports.cancel", e.ID, "")
	return writeJSON(w, shown(e))
}

// exportFile answers with a finished file, by its number from 1 or its name, with ranges.
func (a *API) exportFile(w http.ResponseWriter, r *http.Request) error {
	e, _, err := a.exportStore.Get(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if e.Status != schemas.VideoSuccess {
		return problem(http.StatusNotFound, fmt.Sprintf("export %s has no files: %s %s", e.ID, e.Status, e.Reason))
	}
	for n, f := range e.Files {
		if which := r.PathValue("file"); which != f.Name && which != strconv.Itoa(n+1) {
			continue
		}
		file, err := a.objects.Open(r.Context(), f.Object)
		if err != nil {
			return err
		}
		defer file.Close()
		a.auditLink(r, e.ID, "session "+f.Session)
		serveObject(w, r, file, "attachment", f.Name)
		return nil
	}
	return problem(
		http.StatusNotFound,
		fmt.Sprintf("export %s has no such file: name one of its %d files, or give its number from 1", e.ID, len(e.Files)),
	)
}
