package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/selene-liveness/selene/schemas"
)

func exportsCommand(e *environment) *cobra.Command {
	c := &cobra.Command{Use: "exports", Short: "List, show, cancel and remove exports"}
	e.clientFlags(c)
	one := func(use, short, method string) *cobra.Command {
		return &cobra.Command{
			Use: use + " EXPORT", Short: short, Args: cobra.ExactArgs(1),
			RunE: func(c *cobra.Command, args []string) error {
				return e.show(c, method, "/v1/exports/"+args[0], nil)
			},
		}
	}
	c.AddCommand(
		exportsList(e),
		one("show", "Print an export and its state as JSON", http.MethodGet),
		one("cancel", "Cancel an export, or remove one that has ended together with its files", http.MethodDelete),
	)
	return c
}

func exportsList(e *environment) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "List the latest exports, newest first", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var list struct {
				Exports []json.RawMessage `json:"exports"`
			}
			if err := e.rest().Get(c.Context(), "/v1/exports", &list); err != nil {
				return err
			}
			return printLines(c.OutOrStdout(), list.Exports, asJSON, exportText)
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object per line")
	return c
}

func exportText(e schemas.Export) string {
	return strings.TrimSpace(fmt.Sprintf("%s  %s  %-9s %3d %%  %d sessions  %s",
		e.ID, e.Created.Local().Format(time.DateTime), e.Status, e.Percent, len(e.Order.Sessions), e.Reason))
}
