package api

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/selene-liveness/selene/edge/internal/account"
	"github.com/selene-liveness/selene/edge/internal/events"
	"github.com/selene-liveness/selene/streams/webhook"
)

// shownHook is a webhook without its secrets, and its state.
type shownHook struct {
	ID      string        `json:"id"`
	URL     string        `json:"url"` // without user, password and query
	Filter  events.Filter `json:"filter"`
	Created time.Time     `json:"created"`
	By      string        `json:"created_by"`
	Secret  string        `json:"secret,omitempty"` // shown once
	*events.State
}

func (a *API) webhooks(w http.ResponseWriter, r *http.Request) error {
	hooks, states, err := events.Hooks(r.Context(), a.Conn)
	if err != nil {
		return err
	}
	list := make([]shownHook, len(hooks))
	for i, h := range hooks {
		state := states[h.ID]
		list[i] = shownHook{ID: h.ID, URL: webhook.Target(h.URL), Filter: h.Filter, Created: h.Created, By: h.By, State: &state}
	}
	return writeJSON(w, map[string][]shownHook{"webhooks": list})
}

const (
	maxHookURL    = 2000
	minHookSecret = 16
	maxHookSecret = 256
)

// makeWebhook creates a webhook. The caller must also have the right to read events.
func (a *API) makeWebhook(w http.ResponseWriter, r *http.Request) error {
	if err := callerOf(r).Needs(account.EventsRead); err != nil {
		return err
	}
	var in struct {
		URL    string        `json:"url"`
		Filter events.Filter `json:"filter"`
		Secret string        `json:"secret"`
	}
	if err := readJSON(w, r, &in); err != nil {
		return err
	}
	if err := webhook.Check(in.URL); err != nil {
		return wrongHook("url", err.Error())
	}
	if len(in.URL) > maxHookURL {
		return wrongHook("url", fmt.Sprintf("must have at most %d bytes", maxHookURL))
	}
	if err := a.Hooks.Reach(r.Context(), in.URL); err != nil {
		return wrongHook("url", err.Error())
	}
	var wrong *events.FilterError
	if err := in.Filter.Check(); errors.As(err, &wrong) {
		return wrongHook("filter."+wrong.Field, "must be "+wrong.Want)
	}
	if n := len(in.Secret); n > 0 && n < minHookSecret || n > maxHookSecret {
		return wrongHook("secret", fmt.Sprintf("must have %d to %d bytes; leave it out to generate one", minHookSecret, maxHookSecret))
	}
	h := events.Hook{URL: in.URL, Filter: in.Filter, Secret: in.Secret, By: callerOf(r).Name}
	shown := shownHook{URL: webhook.Target(h.URL), Filter: h.Filter, By: h.By, State: &events.State{}}
	if h.Secret == "" {
		h.Secret = rand.Text()
		shown.Secret = h.Secret
	}
	if err := events.AddHook(r.Context(), a.Conn, &h); err != nil {
		return err
	}
	shown.ID, shown.Created = h.ID, h.Created
	a.audited(r, "webhooks.make", h.ID, shown.URL)
	w.Header().Set("Location", "webhooks/"+h.ID)
	return writeCreated(w, shown)
}

func wrongHook(field, want string) error {
	return wrongValue(field, want, field+" "+want)
}

func (a *API) deleteWebhook(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if err := events.RemoveHook(r.Context(), a.Conn, id); err != nil {
		return err
	}
	a.audited(r, "webhooks.delete", id, "")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// resumeWebhook resumes a paused webhook where it stopped.
func (a *API) resumeWebhook(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if err := events.ResumeHook(r.Context(), a.Conn, id); err != nil {
		return err
	}
	a.audited(r, "webhooks.resume", id, "")
	w.WriteHeader(http.StatusNoContent)
	return nil
}
