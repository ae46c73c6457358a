package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/selene-liveness/selene/deploy/tools/rest"
)

const zstdSuffix = ".zst"

func recordCommand(e *environment) *cobra.Command {
	var out string
	var compress bool
	q := &queryFlags{}
	c := &cobra.Command{
		Use: "record [SESSION] -o FILE|FOLDER", Short: "Record sessions: write everything stored about each one to a signed file",
		Long: `Writes everything that is stored about SESSION to one signed file, which is compressed when FILE ends in .zst.

With --since, --until, --outcome, --code or --id instead of SESSION, each session that matches all of them is written to a
file of its own in the folder that --output names. Files that exist are kept.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if q.set() == (len(args) == 1) {
				return errors.New("name a SESSION, or select sessions with --since, --until, --outcome, --code or --id")
			}
			if len(args) == 1 {
				return record(c, e.rest(), args[0], out)
			}
			return recordAll(c, e.rest(), q, out, compress)
		},
	}
	e.clientFlags(c)
	q.add(c)
	c.Flags().StringVarP(&out, "output", "o", "", "file to write, or folder for the files of several sessions")
	c.Flags().BoolVar(&compress, "zstd", false, "compress the files in the folder")
	if err := c.MarkFlagRequired("output"); err != nil {
		panic(err) // the flag is defined two lines above
	}
	return c
}

func record(c *cobra.Command, from *rest.Client, session, out string) error {
	path := "/v1/sessions/" + url.PathEscape(session) + "/recording"
	if strings.HasSuffix(out, zstdSuffix) {
		path += "?compress=zstd"
	}
	answer, err := from.Open(c.Context(), path)
	if err != nil {
		return err
	}
	defer answer.Close()
	return writeFile(out, answer)
}

func recordAll(c *cobra.Command, from *rest.Client, q *queryFlags, dir string, compress bool) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("create the folder: %w", err)
	}
	suffix := ".tar"
	if compress {
		suffix += zstdSuffix
	}
	return q.findIDs(c, from, func(id string) error {
		out := filepath.Join(dir, id+suffix)
		if _, err := os.Stat(out); err == nil { // a file that exists is complete
			return nil
		}
		if err := record(c, from, id, out); err != nil {
			return fmt.Errorf("session %s: %w", id, err)
		}
		fmt.Fprintln(c.OutOrStdout(), out)
		return nil
	})
}

// writeFile writes r to a file. The file appears only when it is complete.
func writeFile(path string, r io.Reader) error {
	part := path + ".part"
	f, err := os.OpenFile(part, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write the file: %w", err)
	}
	_, err = io.Copy(f, r)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(part, path)
	}
	if err != nil {
		os.Remove(part)
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

func sessionsImport(e *environment) *cobra.Command {
	trust := false
	c := &cobra.Command{
		Use: "import FILE", Short: "Import a recording into this installation, to look at it and judge it again", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			f, err := os.Open(args[0])
			if err != nil {
				return fmt.Errorf("read the recording: %w", err)
			}
			defer f.Close()
			path := "/v1/recordings"
			if trust {
				path += "?trust=true"
			}
			var answer json.RawMessage
			if err := e.rest().Upload(c.Context(), path, f, &answer); err != nil {
				return err
			}
			printRaw(c.OutOrStdout(), answer)
			return nil
		},
	}
	c.Flags().BoolVar(&trust, "trust", false, "accept a recording signed with a key that the installation does not know")
	return c
}
