package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"

	"github.com/spf13/cobra"

	"github.com/selene-liveness/selene/schemas"
)

func settingsCommand(p *process) *cobra.Command {
	c := &cobra.Command{Use: "settings", Short: "Show, check and change how sessions are judged"}
	p.clientFlags(c)
	c.AddCommand(
		&cobra.Command{
			Use: "get", Short: "The newest revision of the settings", Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error { return p.show(c, http.MethodGet, "/v1/settings", nil) },
		},
		&cobra.Command{
			Use: "put FILE", Short: "Make a document the newest revision: new sessions are judged by it", Args: cobra.ExactArgs(1),
			RunE: func(c *cobra.Command, args []string) error {
				document, err := readSettings(args[0])
				if err != nil {
					return err
				}
				return p.show(c, http.MethodPut, "/v1/settings", document)
			},
		},
		&cobra.Command{
			Use: "check FILE", Short: "Validate a document without an installation", Args: cobra.ExactArgs(1),
			RunE: func(_ *cobra.Command, args []string) error { _, err := readSettings(args[0]); return err },
		},
		&cobra.Command{
			Use: "defaults", Short: "The settings a document leaves out", Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error {
				out := json.NewEncoder(c.OutOrStdout())
				out.SetIndent("", "  ")
				return out.Encode(schemas.DefaultSettings())
			},
		},
	)
	return c
}

// readSettings reads a document and checks it.
func readSettings(path string) ([]byte, error) {
	document, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	if _, err := schemas.ParseSettings(document); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return document, nil
}
