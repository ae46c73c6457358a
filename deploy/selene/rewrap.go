package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/selene-liveness/selene/streams"
)

func rewrapCommand(e *environment) *cobra.Command {
	c := &cobra.Command{
		Use: "rewrap", Short: "Encrypt the keys of sessions with a new master key", Args: cobra.NoArgs,
		Long: `Encrypts the keys of all sessions with the master key that SELENE_MASTER_KEY gives, and overwrites what the keys in
SELENE_MASTER_KEYS_OLD encrypted. Restart all processes with both variables before, and with the first one alone afterwards. Without
an address of a broker it works on the data folder of an installation that does not run.`,
		RunE: func(c *cobra.Command, _ []string) error {
			rewrap := func(ctx context.Context, conn *streams.Conn) error {
				n, err := conn.Keys().Rewrap(ctx)
				fmt.Fprintf(c.OutOrStdout(), "%d keys were encrypted with the new master key.\n", n)
				return err
			}
			if e.broker.URL != "" {
				conn, err := e.connect(c.Context(), streams.RoleAdmin)
				if err != nil {
					return err
				}
				defer conn.Close()
				return rewrap(c.Context(), conn)
			}
			o := e.broker.options("rewrap")
			var err error
			if o.Master, err = e.broker.Load(c.Context(), e.data.Path, false); err != nil {
				return err
			}
			return withBroker(c.Context(), e.embedded(""), o, rewrap)
		},
	}
	e.broker.flag(c)
	e.data.flag(c)
	return c
}
