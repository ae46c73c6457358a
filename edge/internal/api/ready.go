package api

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// readyTime bounds the answer to /readyz: probes have short timeouts.
const readyTime = 2 * time.Second

// ready answers 200 only if a frame could be judged now, with the status "full" while only open sessions go on. In any case it
// reports the messages waiting for each worker. The state is that of at most a second ago.
func (a *API) ready(w http.ResponseWriter, r *http.Request) error {
	a.readiness.serve(w, func(w http.ResponseWriter) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), readyTime)
		defer cancel()
		if err := a.checkReadiness(ctx, w); err != nil {
			problemOf(r, err).write(w)
		}
	})
	return nil
}

func (a *API) checkReadiness(ctx context.Context, w http.ResponseWriter) error {
	missing := a.missing(ctx)
	if len(missing) == 0 {
		answer := map[string]any{"status": "ready", "waiting": a.waiting(ctx)}
		if err := a.Room(); err != nil {
			answer["status"], answer["warnings"] = "full", []string{"frames: " + err.Error()}
		}
		return writeJSON(w, answer)
	}
	p := problem(http.StatusServiceUnavailable, "frames cannot be judged now")
	p.Missing, p.Waiting = missing, a.waiting(ctx)
	return p
}

// waiting returns the number of messages that no process has fetched yet, by worker, as far as known.
func (a *API) waiting(ctx context.Context) map[string]uint64 {
	if a.Conn.Ready(ctx) != nil {
		return nil
	}
	newest, err := a.settingsStore.Newest(ctx, a.Variant)
	if err != nil {
		return nil
	}
	out := map[string]uint64{}
	look := func(stream, worker string) {
		if n, err := a.Conn.Stream(stream).Waiting(ctx, worker); err == nil {
			out[worker] = n
		}
	}
	look(streams.Frames, schemas.WorkerDetector)
	for _, worker := range newest.Settings.Workers {
		look(streams.Faces, worker.Name)
	}
	return out
}

func (a *API) missing(ctx context.Context) (missing []string) {
	if err := a.Conn.Ready(ctx); err != nil {
		return []string{"broker: " + err.Error()} // nothing else can be checked
	}
	if err := a.checkStreams(ctx); err != nil {
		missing = append(missing, "streams: "+err.Error())
	}
	if err := a.Writes(); err != nil {
		missing = append(missing, "broker: "+err.Error())
	}
	newest, err := a.settingsStore.Newest(ctx, a.Variant)
	if err != nil {
		return append(missing, "settings: "+err.Error())
	}
	if err := a.Signer.Weakness(); err != nil && !newest.Settings.Development() {
		missing = append(missing, "token key: "+err.Error())
	}
	if _, err := a.Conn.AskDecider(ctx); err != nil {
		missing = append(missing, "decider: "+err.Error())
	}
	running := a.Registry.All()
	need := []string{schemas.WorkerDetector}
	judges := newest.Settings.Judges()
	for _, worker := range newest.Settings.Workers {
		if worker.Required && slices.Contains(judges, worker.Name) { // the others' checks are off
			need = append(need, worker.Name)
		}
	}
	for _, name := range need {
		if _, ok := running[name]; !ok {
			remedy := fmt.Sprintf(": start `selene worker %s`", name)
			if schemas.IsPlugin(name) {
				remedy = ", or leave it out of the settings"
			}
			missing = append(missing, fmt.Sprintf("worker %s: none is running%s", name, remedy))
		}
	}
	for _, w := range a.unmeasured(newest.Settings) {
		missing = append(missing, "judgement: "+w.Message)
	}
	return missing
}

// checkStreams reads from the streams that an edge needs.
func (a *API) checkStreams(ctx context.Context) error {
	nobody := uuid.Nil.String()
	_, frame := a.sessions.FrameAt(ctx, math.MaxInt64)
	_, decision := a.sessions.LastDecision(ctx, nobody)
	_, video := a.sessions.LastVideo(ctx, nobody)
	for _, err := range []error{frame, decision, video} {
		if err != nil && !errors.Is(err, streams.ErrNotFound) {
			return err
		}
	}
	return nil
}
