package notary

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os/exec"
	"strings"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/backoff"
)

// Anchor is a program that lets somebody else confirm when a seal existed, such as a time-stamping authority (RFC 3161) or a
// transparency log.
type Anchor struct {
	// Command is the program and its arguments, separated by spaces; "" = none. It reads the seal, a compact JWS, from its standard
	// input, and writes the confirmation to its standard output.
	Command string
}

const (
	anchorTime  = time.Minute
	anchorTries = 12
	maxAnchor   = 256 << 10 // bytes of a confirmation
)

var anchorPolicy = backoff.Policy{First: 10 * time.Second, Most: time.Hour}

func (a Anchor) work() streams.Work {
	return streams.Work{
		Stream: streams.Sessions, Durable: "anchors", Concurrency: 2, AckWait: 2 * anchorTime, MaxTries: anchorTries,
		Delay: anchorPolicy.Delay,
	}
}

// confirm lets the command confirm a seal, and stores its answer. It gives up after anchorTries.
func (n *Notary) confirm(ctx context.Context, d *streams.Delivery) error {
	event, err := streams.Decode(d, &schemas.SessionEvent{})
	if err != nil || event.GetKind() != schemas.SessionEventKind_SESSION_SEALED {
		return err
	}
	answer, err := n.anchor.run(ctx, event.GetSeal())
	switch {
	case err != nil && ctx.Err() != nil:
		return err
	case err != nil && d.Last:
		slog.Error("a seal is not anchored", "session", event.GetSession(), "tries", d.Try, "error", err)
		return nil
	case err != nil:
		return streams.Blame(streams.Infrastructure, err)
	}
	last, seal, err := n.last(ctx, event.GetSession())
	if errors.Is(err, streams.ErrNotFound) || err == nil && last.Message.GetKind() == schemas.SessionEventKind_SESSION_ANCHORED {
		return nil // erased, or anchored by a delivery before
	}
	if err != nil {
		return err
	}
	if seal != event.GetSeal() {
		return fmt.Errorf("session %s has another seal", event.GetSession())
	}
	return n.publish(ctx, last, &schemas.SessionEvent{Kind: schemas.SessionEventKind_SESSION_ANCHORED, Anchor: answer})
}

func (a Anchor) run(ctx context.Context, seal string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, anchorTime)
	defer cancel()
	words := strings.Fields(a.Command)
	command := exec.CommandContext(ctx, words[0], words[1:]...) //nolint:gosec // the operator's own command
	var said bytes.Buffer
	command.Stdin, command.Stderr, command.WaitDelay = strings.NewReader(seal), &said, time.Second
	out, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("run the anchor command %s: %w", words[0], err)
	}
	answer, readErr := io.ReadAll(io.LimitReader(out, maxAnchor+1))
	if len(answer) > maxAnchor {
		cancel()
		readErr = fmt.Errorf("it answers more than %d bytes", maxAnchor)
	}
	err = errors.Join(readErr, command.Wait())
	if err == nil && len(answer) == 0 {
		err = errors.New("it answers nothing")
	}
	if err != nil {
		return nil, fmt.Errorf("anchor command %s: %w: %.300q", words[0], err, said.String())
	}
	return answer, nil
}
