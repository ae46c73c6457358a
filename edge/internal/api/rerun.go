package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/reruns"
)

const (
	rerunTime = time.Minute     // limit of a rerun over REST
	rerunWait = 5 * time.Second // after which the running one may have finished
)

// rerun judges a session again with the running workers and answers with the differences. It changes nothing that is stored. With
// variant it uses the newest settings of that variant; an empty one means those of this instance's new sessions.
func (a *API) rerun(w http.ResponseWriter, r *http.Request) error {
	id, err := sessionID(r)
	if err != nil {
		return err
	}
	order := schemas.RerunOrder{Session: id}
	if q := r.URL.Query(); q.Has("variant") {
		newest, err := a.settingsStore.Newest(r.Context(), cmp.Or(q.Get("variant"), a.Variant))
		if err != nil {
			return err
		}
		order.Settings = newest.Settings
	}
	select {
	case a.reruns <- struct{}{}:
		defer func() { <-a.reruns }()
	default:
		return tooMany(rerunWait, "another session is being judged again, and live sessions need the workers too")
	}
	ctx, cancel := context.WithTimeout(r.Context(), rerunTime)
	defer cancel()
	result, err := reruns.Order(ctx, a.Conn, order)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return problem(
			http.StatusGatewayTimeout,
			fmt.Sprintf("judging session %s again takes longer than %v: use `selene rerun`, which has no limit", id, rerunTime),
		)
	case errors.Is(err, reruns.ErrNoRerunner):
		return problem(http.StatusServiceUnavailable, err.Error())
	case err != nil && !errors.Is(err, streams.ErrNotFound) && streams.FaultOf(err) != streams.Infrastructure:
		return problem(http.StatusBadGateway, err.Error())
	case err != nil:
		return err
	}
	a.audited(r, "sessions.rerun", id, "")
	return writeJSON(w, result)
}
