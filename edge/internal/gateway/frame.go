package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas/imagefile"
)

// frame answers FRAME. accepted reports whether the image passed the checks.
func (s *session) frame(ctx context.Context, m received) (accepted bool, c *closure) {
	if s.ended != nil {
		return true, s.repeat(ctx, m)
	}
	if s.id == "" {
		return false, s.refuse(lpproto.CodeNotConnected, "")
	}
	image, err := s.gateway.image(m)
	if err != nil {
		code := codeOf(err)
		if !lpproto.StaysOpen(code) {
			return false, s.refuse(code, "")
		}
		s.failFrame(m, code)
		return false, nil
	}
	s.usage.change(0, 1, 0)
	defer s.usage.change(0, -1, 0)
	done, err := s.wait(ctx, image)
	switch {
	case ctx.Err() != nil:
		return true, closureOf(ctx)
	case err != nil:
		s.failFrame(m, lpproto.CodeBusy)
		return true, nil
	}
	decision, err := s.judge(ctx, image)
	done()
	if err != nil && ctx.Err() != nil {
		return true, closureOf(ctx)
	}
	if errors.Is(err, errQuota) {
		c := s.refuse(lpproto.CodeQuota, "")
		c.idle = true // the session ends as one whose client is silent
		return true, c
	}
	if err != nil {
		slog.Error("judge frame", "session", s.id, "error", err)
		s.failFrame(m, lpproto.CodeInternal)
		return true, nil
	}
	return true, s.reply(ctx, m, image, decision)
}

// failFrame answers a frame with an ERROR. The session continues.
func (s *session) failFrame(m received, code int) {
	s.gateway.metrics.answered(lpproto.Failure, m.at)
	s.gateway.metrics.failure(code)
	s.socket.answer(lpproto.NewError(code))
}

// picture is an image that passed all checks that need no decoding of pixels.
type picture struct {
	data      []byte
	mediaType string
	pixels    int
	received  time.Time
	sequence  uint64 // in the frames' stream, once stored
}

// image returns the picture of a FRAME. The error is an *lpproto.Error.
func (g *Gateway) image(m received) (*picture, error) {
	data, mediaType, err := m.Image(m.binary)
	if err != nil {
		return nil, err
	}
	info, err := imagefile.Verify(data, g.config.MaxPixels)
	if err == nil && info.Format.MediaType() != mediaType {
		err = fmt.Errorf("the content type says %s, the image is a %s", mediaType, info.Format)
	}
	if err != nil {
		return nil, &lpproto.Error{Code: lpproto.CodeBadImage, Detail: err.Error()}
	}
	return &picture{data: data, mediaType: mediaType, pixels: info.Width * info.Height, received: m.at}, nil
}
