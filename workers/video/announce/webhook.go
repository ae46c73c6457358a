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

// exportHook tells the webhook that an export was ordered with that the export is over.
type exportHook struct {
	exports *exports.Store
	post    *webhook.Sender
}

func (e *exportHook) tell(ctx context.Context, status *schemas.VideoStatus) (outcome, error) {
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
	// The end is told of each session, and of the export once.
	if export.Order.Webhook == "" || export.Order.Sessions[0] != status.GetSession() {
		return outcome{}, nil
	}
	if !export.Over() {
		return outcome{}, fmt.Errorf("export %s has ended, but a replica of the broker does not know it yet", export.ID)
	}
	body, err := json.Marshal(export)
	if err != nil {
		return outcome{}, fmt.Errorf("encode export %s: %w", export.ID, err)
	}
	said, err := e.post.Post(ctx, export.Order.Webhook, body)
	return outcome{webhook.Target(export.Order.Webhook), said}, err
}
