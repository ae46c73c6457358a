package main

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/selene-liveness/selene/workers/vision/modelstore"
)

func modelsCommand(e *environment) *cobra.Command {
	c := &cobra.Command{Use: "models", Short: "List, install and download model packs"}
	c.PersistentFlags().StringVar(&e.models.Path, "models", e.models.Path, "folder of the model packs (SELENE_MODELS)")
	c.AddCommand(modelsList(e), modelsInstall(e), modelsPull(e))
	return c
}

func modelsList(e *environment) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use: "list", Short: "List the model packs and check that their files are complete", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			packs, err := modelstore.List(e.models.dir())
			if err != nil {
				return err
			}
			if asJSON {
				out := json.NewEncoder(c.OutOrStdout())
				for _, pack := range packs {
					if err := out.Encode(pack); err != nil {
						return err
					}
				}
				return nil
			}
			chosen, _ := e.models.pack()
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, pack := range packs {
				state := "not installed"
				switch {
				case pack.Problem != "":
					state = pack.Problem
				case pack.Installed && pack.Name == chosen:
					state = "installed, in use"
				case pack.Installed:
					state = "installed"
				}
				fmt.Fprintf(w, "%s\t%s\n", pack.Name, state)
				for _, f := range pack.Files {
					fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", f.Role, f.Name, f.Licence, f.State)
				}
			}
			return w.Flush()
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object per line")
	return c
}

func modelsInstall(e *environment) *cobra.Command {
	from := "workers/vision/packs"
	c := &cobra.Command{
		Use: "install", Short: "Copy the pack base and ONNX Runtime from a checkout's models folder", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return modelstore.InstallBase(from, e.models.dir()) },
	}
	c.Flags().StringVar(&from, "from", from, "models folder to copy from, which make models fills in a checkout")
	return c
}

func modelsPull(e *environment) *cobra.Command {
	var from string
	c := &cobra.Command{
		Use: "pull PACK", Short: "Download a pack of public models (zoo) and check the SHA-256 of every file", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			say := func(m modelstore.Progress) {
				if m.Total > 0 && m.Done == m.Total {
					fmt.Fprintf(c.ErrOrStderr(), "%s: %s\n", m.Pack, m.File)
				}
			}
			if from != "" {
				return modelstore.PullFrom(c.Context(), args[0], from, e.models.dir(), say)
			}
			return modelstore.Pull(c.Context(), args[0], e.models.dir(), say)
		},
	}
	c.Flags().StringVar(&from, "from", "", "folder to copy the files from, instead of downloading them")
	return c
}
