package announce

import (
	"context"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/webhook"
)

// urlHook is an address that the record of each video is posted to.
type urlHook struct {
	post    *webhook.Sender
	address string // empty = none
	url     string
}

func (u *urlHook) tell(ctx context.Context, status *schemas.VideoStatus) (outcome, error) {
	if u.address == "" || status.GetStatus() == schemas.VideoCanceled {
		return outcome{}, nil
	}
	body, err := newRecord(status, u.url).json()
	if err != nil {
		return outcome{}, err
	}
	said, err := u.post.Post(ctx, u.address, body)
	return outcome{webhook.Target(u.address), said}, err
}
