package gateway

import (
	"context"
	"log/slog"

	"github.com/selene-liveness/selene/edge/lpproto"
)

// frame answers FRAME. heard says whether the image was taken.
func (s *session) frame(ctx context.Context, m received) (heard bool, end *ending) {
	if s.over != nil {
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
	decision, err := s.judge(ctx, image)
	if err != nil && ctx.Err() != nil {
		return true, interrupted(ctx)
	}
	if err != nil {
		slog.Error("judge frame", "session", s.id, "error", err)
		s.failFrame(m, lpproto.CodeInternal)
		return true, nil
	}
	return true, s.reply(ctx, m, image, decision)
}

// failFrame answers a frame with an ERROR and takes the next.
func (s *session) failFrame(m received, code int) {
	s.socket.busy.Store(false)
	s.gateway.metrics.answered(lpproto.Failure, m.at)
	s.socket.fail(code)
}

// picture is an image that passed all checks that need no decoding.
type picture struct {
	data      []byte
	mediaType string
	frame     uint64 // its sequence in the frames' stream, once stored
}

func (g *Gateway) image(m received) (*picture, error) {
	data, mediaType, err := m.Image(m.binary)
	if err != nil {
		return nil, err
	}
	width, height, err := lpproto.Inspect(data, mediaType)
	if err != nil {
		return nil, err
	}
	if height > g.config.MaxPixels/width {
		return nil, &lpproto.Error{Code: lpproto.CodeBadImage, Detail: "the image has too many pixels"}
	}
	return &picture{data: data, mediaType: mediaType}, nil
}
