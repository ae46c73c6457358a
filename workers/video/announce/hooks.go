package announce

import (
	"context"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/webhook"
)

// urlHook posts the record of each video to an address.
type urlHook struct {
	post    *webhook.Sender
	address string // empty = off
	files   *addresses
}

func (u *urlHook) announce(ctx context.Context, status *schemas.VideoStatus) (outcome, error) {
	if u.address == "" || status.GetStatus() == schemas.VideoCanceled {
		return outcome{}, nil
	}
	record, err := u.files.record(ctx, status)
	if err != nil {
		return outcome{}, err
	}
	body, err := record.json()
	if err != nil {
		return outcome{}, err
	}
	response, err := u.post.Post(ctx, u.address, body)
	return outcome{webhook.Target(u.address), response}, err
}
