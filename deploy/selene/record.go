package main

import (
	"crypto/ed25519"
	"encoding/base64"
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
	"github.com/selene-liveness/selene/streams/recording"
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

func sessionsVerify(e *environment) *cobra.Command {
	var keys string
	c := &cobra.Command{
		Use: "verify FILE", Short: "Verify that a recording is unchanged, and whose key signed it", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) (err error) {
			if keys == "" {
				keys = strings.TrimSuffix(e.api.URL, "/") + "/.well-known/jwks.json"
			}
			known, err := loadKeys(c, keys)
			if err != nil {
				return err
			}
			b, err := recording.Open(args[0])
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, b.Close()) }()
			if err := b.Verify(func(id string) ed25519.PublicKey { return known[id] }); err != nil {
				return err
			}
			fmt.Fprintf(
				c.OutOrStdout(),
				"session %s, %s, %d frames: unchanged, and signed by a key of %s\n",
				b.About.Session,
				b.About.Outcome,
				len(b.Frames),
				keys,
			)
			return nil
		},
	}
	c.Flags().StringVar(&keys, "jwks", "", "URL or file of the JSON Web Key Set of the installation that signed it; empty = that of --url")
	return c
}

// maxKeys is the largest key set that is read, in bytes.
const maxKeys = 1 << 20

// loadKeys returns the Ed25519 keys of a JSON Web Key Set, by key ID.
func loadKeys(c *cobra.Command, from string) (map[string]ed25519.PublicKey, error) {
	var text []byte
	var err error
	if strings.HasPrefix(from, "http://") || strings.HasPrefix(from, "https://") {
		text, err = rest.Fetch(c.Context(), from, maxKeys)
	} else {
		text, err = os.ReadFile(from)
	}
	if err != nil {
		return nil, fmt.Errorf("read the keys: %w (--jwks names a URL or file)", err)
	}
	var set struct {
		Keys []struct{ Kid, Crv, X string }
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, fmt.Errorf("%s is not a JSON Web Key Set: %w", from, err)
	}
	known := map[string]ed25519.PublicKey{}
	for _, k := range set.Keys {
		key, err := base64.RawURLEncoding.DecodeString(k.X)
		if k.Crv == "Ed25519" && err == nil && len(key) == ed25519.PublicKeySize {
			known[k.Kid] = key
		}
	}
	return known, nil
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
