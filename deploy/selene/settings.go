package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/selene-liveness/selene/deploy/tools/rest"
	"github.com/selene-liveness/selene/schemas"
)

func settingsCommand(e *environment) *cobra.Command {
	c := &cobra.Command{
		Use:   "settings",
		Short: "Show, check and change the settings by which sessions are judged",
		Long:  "Shows, checks and changes the settings by which sessions are judged. The put command accepts what get prints: a secret is\nprinted as ********, and keeps its value when that is put back.",
	}
	e.clientFlags(c)
	c.AddCommand(
		settingsGet(e), settingsPut(e), settingsRevisions(e), settingsRestore(e), settingsVariants(e),
		&cobra.Command{
			Use: "schema", Short: "Print the JSON Schema of the settings", Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error {
				schema, err := schemas.SettingsSchema()
				if err != nil {
					return err
				}
				return printIndented(c.OutOrStdout(), schema)
			},
		},
		&cobra.Command{
			Use: "check FILE", Short: "Check a settings document without an installation", Args: cobra.ExactArgs(1),
			RunE: func(_ *cobra.Command, args []string) error { _, err := readSettings(args[0]); return err },
		},
		&cobra.Command{
			Use: "defaults", Short: "Print the default of every setting", Args: cobra.NoArgs,
			RunE: func(c *cobra.Command, _ []string) error {
				out := json.NewEncoder(c.OutOrStdout())
				out.SetIndent("", "  ")
				return out.Encode(schemas.DefaultSettings())
			},
		},
	)
	return c
}

func settingsGet(e *environment) *cobra.Command {
	var variant string
	var revision uint64
	c := &cobra.Command{
		Use: "get", Short: "Print the settings in use, in the format of put", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			path := "/v1/settings" + rest.Query("variant", variant)
			if revision > 0 {
				path = fmt.Sprintf("/v1/settings/revisions/%d", revision)
			}
			var found struct{ Settings, Document json.RawMessage }
			if err := e.rest().Get(c.Context(), path, &found); err != nil {
				return err
			}
			if revision > 0 {
				found.Settings = found.Document
			}
			return printIndented(c.OutOrStdout(), found.Settings)
		},
	}
	c.Flags().StringVar(&variant, "variant", "", "tag of a variant; empty = the settings without a variant")
	c.Flags().Uint64Var(&revision, "revision", 0, "number of a revision; 0 = the newest one")
	c.MarkFlagsMutuallyExclusive("variant", "revision")
	return c
}

func settingsPut(e *environment) *cobra.Command {
	var variant, note string
	c := &cobra.Command{
		Use: "put FILE", Short: "Store a document as the newest revision, by which new sessions are judged", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			document, err := readSettings(args[0])
			if err != nil {
				return err
			}
			return e.show(c, http.MethodPut, "/v1/settings"+rest.Query("variant", variant, "note", note), document)
		},
	}
	c.Flags().StringVar(&variant, "variant", "", "tag of the variant to change, which is created if it does not exist")
	c.Flags().StringVar(&note, "note", "", "reason for the change, which revisions shows")
	return c
}

func settingsRestore(e *environment) *cobra.Command {
	var note string
	c := &cobra.Command{
		Use: "restore REVISION", Short: "Store an earlier revision as the newest one of its variant", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			n, err := strconv.ParseUint(args[0], 10, 63)
			if err != nil {
				return fmt.Errorf("%q is not a revision number: `selene settings revisions` lists them", args[0])
			}
			return e.show(c, http.MethodPost, fmt.Sprintf("/v1/settings/revisions/%d/restore", n)+rest.Query("note", note), nil)
		},
	}
	c.Flags().StringVar(&note, "note", "", "reason for the change, which revisions shows")
	return c
}

func settingsRevisions(e *environment) *cobra.Command {
	var variant string
	var asJSON bool
	c := &cobra.Command{
		Use: "revisions", Short: "List who changed what and when, newest first", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var found struct{ Revisions []json.RawMessage }
			if err := e.rest().Get(c.Context(), "/v1/settings/revisions"+rest.Query("variant", variant), &found); err != nil {
				return err
			}
			return printLines(c.OutOrStdout(), found.Revisions, asJSON, revisionText)
		},
	}
	c.Flags().StringVar(&variant, "variant", "", "tag of a variant; empty = the settings without a variant")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object per line")
	return c
}

type revisionRow struct {
	Revision uint64
	At       time.Time
	By, Note string
	Changed  []struct {
		Path     string
		From, To json.RawMessage
	}
}

func revisionText(r revisionRow) string {
	text := fmt.Sprintf("%6d  %s  %s", r.Revision, r.At.Local().Format(time.DateTime), r.By)
	if r.Note != "" {
		text += "  " + strconv.Quote(r.Note)
	}
	for _, c := range r.Changed {
		text += fmt.Sprintf("\n        %s: %s -> %s", c.Path, c.From, c.To)
	}
	return text
}

func settingsVariants(e *environment) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "variants",
		Short: "List the variants of the settings; SELENE_SETTINGS_VARIANT, or the request that creates a session, selects one",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var found struct{ Variants []json.RawMessage }
			if err := e.rest().Get(c.Context(), "/v1/settings/variants", &found); err != nil {
				return err
			}
			type row struct {
				Tag string
				revisionRow
			}
			return printLines(c.OutOrStdout(), found.Variants, asJSON, func(v row) string {
				if v.Tag == "" {
					v.Tag = "(no variant)"
				}
				return fmt.Sprintf("%-24s%s", v.Tag, revisionText(v.revisionRow))
			})
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object per line")
	return c
}

// readSettings returns a settings document after checking it.
func readSettings(path string) ([]byte, error) {
	document, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	if _, err := schemas.ParseSettings(document); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return document, nil
}
