package announce

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/exports"
	"github.com/selene-liveness/selene/streams/webhook"
)

// exportHook notifies the webhook of an export order that the export has ended.
type exportHook struct {
	exports *exports.Store
	files   *addresses
	post    *webhook.Sender
}

func (e *exportHook) announce(ctx context.Context, status *schemas.VideoStatus) (outcome, error) {
	if status.GetJob() == "" {
		return outcome{}, nil
	}
	export, _, err := e.exports.Get(ctx, status.GetJob())
	if errors.Is(err, streams.ErrNotFound) {
		return outcome{}, nil
	}
	if err != nil {
		return outcome{}, err
	}
	// VIDEOS has one message for each session; the export is announced once.
	if export.Order.Webhook == "" || export.Order.Sessions[0] != status.GetSession() {
		return outcome{}, nil
	}
	if !export.Over() {
		return outcome{}, fmt.Errorf("export %s has ended, but a replica of the broker does not have its state yet", export.ID)
	}
	ttl, err := e.files.ttl(ctx)
	if err != nil {
		return outcome{}, err
	}
	if err := e.files.links.Fill(export, ttl); err != nil {
		return outcome{}, err
	}
	body, err := json.Marshal(export)
	if err != nil {
		return outcome{}, fmt.Errorf("encode export %s: %w", export.ID, err)
	}
	response, err := e.post.Post(ctx, export.Order.Webhook, body)
	return outcome{webhook.Target(export.Order.Webhook), response}, err
}
