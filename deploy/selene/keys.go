package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/kelseyhightower/envconfig"
	"github.com/spf13/cobra"

	"github.com/selene-liveness/selene/edge"
)

// keysCommand works on files. An edge that runs takes changes up within seconds.
func keysCommand(e *environment) (*cobra.Command, error) {
	config := &edge.Config{}
	if err := envconfig.Process("", config); err != nil {
		return nil, fmt.Errorf("environment: %w", err)
	}
	c := &cobra.Command{
		Use: "keys", Short: "List, rotate and remove the keys that sign tokens and recordings",
		Long: `Lists, rotates and removes the keys that sign tokens (SELENE_JWT_KEY_FILE) and recordings (SELENE_EVIDENCE_KEY_FILE),
by default those in the data folder. Edges that run take changes up within seconds, without a restart.`,
		PersistentPreRun: func(*cobra.Command, []string) { config.DataDir = e.data.Path },
	}
	c.PersistentFlags().StringVar(&e.data.Path, "data", e.data.Path, "data folder of the edge (SELENE_DATA)")
	list := &cobra.Command{
		Use: "list", Short: "List the keys: which one signs, which ones only verify", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			keys, err := config.Keys()
			if err != nil {
				return err
			}
			table := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, k := range keys {
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", k.Purpose, k.ID, k.Algorithm, k.Use, k.File)
			}
			return table.Flush()
		},
	}
	remove := &cobra.Command{
		Use: "remove token|evidence KEY", Short: "Remove a key: what it signed is refused from then on", Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error { return config.RemoveKey(args[0], args[1]) },
	}
	derived := &cobra.Command{
		Use: "add-derived", Short: "Accept recordings of versions that had no evidence key", Args: cobra.NoArgs,
		Long: `Before evidence had keys of its own, recordings were signed with a key that was derived from the token key. This adds the
public part of that key. Whoever has an HS256 token key can then forge recordings: remove the key when no old recording has
to be verified.`,
		RunE: func(c *cobra.Command, _ []string) error {
			added, err := config.AddDerivedKeys()
			for _, id := range added {
				fmt.Fprintln(c.OutOrStdout(), id)
			}
			return err
		},
	}
	c.AddCommand(list, keysRotate(config), remove, derived)
	return c, nil
}

func keysRotate(config *edge.Config) *cobra.Command {
	algorithm := ""
	c := &cobra.Command{
		Use: "rotate token|evidence", Short: "Add a key that will sign; those before go on verifying until they are removed",
		Long: `Adds a key. It is published in /.well-known/jwks.json within seconds and signs ten minutes later, so that every edge and
every verifier has it by then. The keys before go on verifying until "selene keys remove" removes them.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			k, secret, err := config.RotateKey(args[0], algorithm)
			if err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "%s key %s (%s) %s, in %s\n", k.Purpose, k.ID, k.Algorithm, k.Use, k.File)
			if secret != "" {
				fmt.Fprintf(c.OutOrStdout(), "The key, which the services that verify tokens need before it signs: %s\n", secret)
			}
			return nil
		},
	}
	c.Flags().StringVar(&algorithm, "algorithm", "", "ES256 or HS256, of tokens; empty = as before")
	return c
}
