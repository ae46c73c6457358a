package announce

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/webhook"
)

// exportHook tells the webhook that an export was ordered with, once the export is over.
type exportHook struct {
	export func(ctx context.Context, job string) (*schemas.Export, error)
	post   *webhook.Sender
}

func (e *exportHook) tell(ctx context.Context, status *schemas.VideoStatus) (outcome, error) {
	if status.GetJob() == "" {
		return outcome{}, nil
	}
	export, err := e.export(ctx, status.GetJob())
	if errors.Is(err, streams.ErrNotFound) {
		return outcome{}, nil
	}
	if err != nil || export.Order.Webhook == "" {
		return outcome{}, err
	}
	body, err := json.Marshal(export)
	if err != nil {
		return outcome{}, fmt.Errorf("encode export %s: %w", export.ID, err)
	}
	said, err := e.post.Post(ctx, export.Order.Webhook, body)
	return outcome{webhook.Target(export.Order.Webhook), said}, err
}
