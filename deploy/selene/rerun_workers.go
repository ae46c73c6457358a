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
func (p *process) withRunningWorkers(ctx context.Context, do func(context.Context, *streams.Conn) error) error {
	conn, err := streams.ConnectForRuns(ctx, streams.Options{URL: p.NATSURL, Name: "selene rerun"})
	if err != nil {
		return err
	}
	defer conn.Close()
	return do(ctx, conn)
}

// withOwnWorkers calls do with a broker of its own, which is gone afterwards, and this process's judges on it.
func (p *process) withOwnWorkers(ctx context.Context, do func(context.Context, *streams.Conn) error) (err error) {
	dir, err := os.MkdirTemp("", "selene-rerun-")
	if err != nil {
		return fmt.Errorf("make room for the run: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	broker, err := streams.NewBroker(dir, "")
	if err != nil {
		return err
	}
	serving, stopBroker := context.WithCancel(context.WithoutCancel(ctx))
	var around errgroup.Group
	around.Go(func() error { return broker.Run(serving) })
	around.Go(func() error {
		defer stopBroker()
		wait, cancel := context.WithTimeout(ctx, brokerStart)
		defer cancel()
		conn, err := streams.Connect(wait, streams.Options{Broker: broker, Name: "selene rerun", Limits: p.Streams})
		if err != nil {
			return err
		}
		defer conn.Close()
		group, ctx := errgroup.WithContext(ctx)
		working, stop := context.WithCancel(ctx)
		group.Go(func() error { return p.runParts(working, conn, judges()...) })
		group.Go(func() error {
			defer stop()
			return do(ctx, conn)
		})
		return group.Wait()
	})
	return around.Wait()
}

// judges are the workers of this binary that frames go through.
func judges() []string {
	return slices.DeleteFunc(partNames(), func(name string) bool {
		return schemas.IsPlugin(name)
	})
}
