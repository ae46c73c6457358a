package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// withRunningWorkers calls do with a connection to the broker that SELENE_NATS_URL names.
func (e *environment) withRunningWorkers(ctx context.Context, do func(context.Context, *streams.Conn) error) error {
	o, err := e.access(streams.RoleRuns)
	if err != nil {
		return err
	}
	conn, err := streams.ConnectForRuns(ctx, o)
	if err != nil {
		return err
	}
	defer conn.Close()
	return do(ctx, conn)
}

// withOwnWorkers calls do with a connection to a temporary broker on which the judges of this process run.
func (e *environment) withOwnWorkers(ctx context.Context, do func(context.Context, *streams.Conn) error) (err error) {
	dir, err := os.MkdirTemp("", "selene-rerun-")
	if err != nil {
		return fmt.Errorf("create a temporary folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	return withBroker(
		ctx,
		streams.BrokerOptions{Dir: dir},
		streams.Options{Name: "selene rerun", Limits: e.broker.Streams},
		func(ctx context.Context, conn *streams.Conn) error {
			group, ctx := errgroup.WithContext(ctx)
			working, stop := context.WithCancel(ctx)
			group.Go(func() error { return runParts(working, always(conn), e, judges()...) })
			group.Go(func() error {
				defer stop()
				return do(ctx, conn)
			})
			return group.Wait()
		},
	)
}

// judges returns the workers of this program that judge frames.
func judges() []string {
	return slices.DeleteFunc(partNames(), func(name string) bool {
		return schemas.IsPlugin(name)
	})
}
