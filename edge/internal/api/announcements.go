package api

import (
	"net/http"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// announcements answers with the results of announcing the session's video and exports, oldest first.
func (a *API) announcements(w http.ResponseWriter, r *http.Request) error {
	id, err := sessionID(r)
	if err != nil {
		return err
	}
	return list(
		w,
		r,
		"announcements",
		a.sessions.AnnouncementsOf(r.Context(), id),
		func(m streams.Stored[*schemas.Announcement]) (any, error) {
			return asJSON(m.Message)
		},
	)
}
