package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/streams"
)

const brokerStart = 20 * time.Second

func brokerCommand(p *process) *cobra.Command {
	addr := "127.0.0.1:4222"
	c := &cobra.Command{
		Use: "broker", Short: "Run the embedded nats-server by itself, for trying things; production runs nats-server", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			broker, err := streams.NewBroker(filepath.Join(p.Data, "broker"), addr)
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
				fmt.Fprintf(c.OutOrStdout(), "The broker is at %s. Other processes: SELENE_NATS_URL=%s\n", broker.URL(), broker.URL())
				return nil
			})
			return group.Wait()
		},
	}
	p.dataFlag(c)
	c.Flags().StringVar(&addr, "addr", addr, "where it listens")
	return c
}
