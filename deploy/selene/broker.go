package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/streams"
)

func (b *brokerAccess) flag(c *cobra.Command) {
	c.Flags().StringVar(&b.URL, "nats", b.URL, "address of the broker (SELENE_NATS_URL)")
}

// connect connects to the broker that SELENE_NATS_URL names, with the master key of the environment or the data folder.
func (b *brokerAccess) connect(ctx context.Context, name string, data dataFolder) (*streams.Conn, error) {
	if b.URL == "" {
		return nil, errors.New(
			"no broker address: set SELENE_NATS_URL or --nats, for instance to nats://127.0.0.1:4222 when `selene broker` is running",
		)
	}
	o := b.options(name)
	o.URL = b.URL
	var err error
	if o.Master, err = b.Load(ctx, data.Path, false); err != nil {
		return nil, err
	}
	return streams.Connect(ctx, o)
}

func (b *brokerAccess) options(name string) streams.Options {
	return streams.Options{Name: "selene " + name, Limits: b.Streams, Media: b.Media}
}

// brokerStart limits how long an embedded broker may take to become ready.
const brokerStart = 20 * time.Second

// withBroker runs an embedded broker with its data in dir, and use with a connection to it, made with o. The broker outlives ctx until use
// has returned, so that work in progress can still be stored.
func withBroker(ctx context.Context, dir, addr string, o streams.Options, use func(context.Context, *streams.Conn) error) error {
	broker, err := streams.NewBroker(dir, addr)
	if err != nil {
		return err
	}
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	var group errgroup.Group
	group.Go(func() error { return broker.Run(serving) })
	group.Go(func() error {
		defer stop()
		wait, cancel := context.WithTimeout(ctx, brokerStart)
		defer cancel()
		o.Broker = broker
		conn, err := streams.Connect(wait, o)
		if err != nil {
			return err
		}
		defer conn.Close()
		return use(ctx, conn)
	})
	return group.Wait()
}

func brokerCommand(e *environment) *cobra.Command {
	addr := "127.0.0.1:4222"
	c := &cobra.Command{
		Use: "broker", Short: "Run the embedded broker by itself, for trials; in production, run nats-server", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			// The other processes of a trial find the key in the same folder. The broker itself has no use for it.
			if _, err := e.broker.Load(c.Context(), e.data.Path, true); err != nil {
				return err
			}
			broker, err := streams.NewBroker(e.data.file("broker"), addr)
			if err != nil {
				return err
			}
			group, ctx := errgroup.WithContext(c.Context())
			group.Go(func() error { return broker.Run(ctx) })
			group.Go(func() error {
				wait, cancel := context.WithTimeout(ctx, brokerStart)
				defer cancel()
				if err := broker.WaitReady(wait); err != nil {
					return err
				}
				fmt.Fprintf(
					c.OutOrStdout(),
					"The broker listens at %s. In other processes, set SELENE_NATS_URL=%s\n",
					broker.URL(),
					broker.URL(),
				)
				return nil
			})
			return group.Wait()
		},
	}
	e.data.flag(c)
	c.Flags().StringVar(&addr, "addr", addr, "address to listen on")
	return c
}
