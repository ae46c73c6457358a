package streams

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
)

// Service names a request that running processes answer.
type Service struct {
	name, about, subject string
}

// The services.
var (
	ServiceDecider   = Service{"selene-decider", "joins verdicts to decisions", deciderAsk}
	ServiceDescriber = Service{"selene-describer", "describes reference faces", describeAsk}
	ServiceRerunner  = Service{"selene-rerunner", "judges recorded sessions again", rerunAsk}
)

// ServiceError is the answer to a request that could not be served.
type ServiceError struct {
	Code   string // one word or a number
	Reason string
}

func (e *ServiceError) Error() string { return e.Reason }

// ServiceFailed is the code of an error that its service gave no code.
const ServiceFailed = "failed"

// Request sends a request to one of the processes that serve it and returns the answer. It returns ErrNoService when no such
// process is running, and a *ServiceError when the request could not be served.
func (c *Conn) Request(ctx context.Context, s Service, data []byte) ([]byte, error) {
	msg, err := c.nc.RequestWithContext(ctx, s.subject, data)
	if errors.Is(err, nats.ErrNoResponders) {
		return nil, Blame(Infrastructure, ErrNoService)
	}
	if err != nil {
		return nil, Blame(Infrastructure, fmt.Errorf("request from %s: %w", s.name, err))
	}
	if code := msg.Header.Get(micro.ErrorCodeHeader); code != "" {
		return nil, &ServiceError{code, msg.Header.Get(micro.ErrorHeader)}
	}
	return msg.Data, nil
}

// Serve answers requests with handle, one after another, until ctx is done. A *ServiceError of handle is sent to the caller;
// any other error is logged here, and the caller learns only that the request failed.
func (c *Conn) Serve(ctx context.Context, s Service, handle func(ctx context.Context, data []byte) ([]byte, error)) error {
	service, err := micro.AddService(c.nc, micro.Config{
		Name: s.name, Version: "1.0.0", Description: s.about,
		Endpoint: &micro.EndpointConfig{Subject: s.subject, Handler: micro.HandlerFunc(func(r micro.Request) {
			if err := answer(ctx, s, r, handle); err != nil {
				slog.Warn("answer a request", "service", s.name, "error", err)
			}
		})},
	})
	if err != nil {
		return fmt.Errorf("serve %s: %w", s.name, err)
	}
	<-ctx.Done()
	if err := service.Stop(); err != nil {
		slog.Warn("stop serving", "service", s.name, "error", err)
	}
	return nil
}

func answer(ctx context.Context, s Service, r micro.Request, handle func(context.Context, []byte) ([]byte, error)) error {
	data, err := handle(ctx, r.Data())
	var refusal *ServiceError
	switch {
	case errors.As(err, &refusal):
		return r.Error(refusal.Code, refusal.Reason, nil)
	case err != nil:
		slog.Error("a request failed", "service", s.name, "error", err)
		return r.Error(ServiceFailed, s.name+" failed: its log has the reason", nil)
	}
	return r.Respond(data)
}
