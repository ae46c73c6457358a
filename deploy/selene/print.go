package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"
)

// getJSON reads what the installation has at a path.
func (p *process) getJSON(c *cobra.Command, path string, into any) error {
	answer, err := p.call(c.Context(), http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	defer answer.Close()
	if err := json.NewDecoder(answer).Decode(into); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	return nil
}

// queryOf is a query of names and values in turn, without those whose value is empty.
func queryOf(pairs ...string) string {
	v := url.Values{}
	for n := 0; n+1 < len(pairs); n += 2 {
		if pairs[n+1] != "" {
			v.Set(pairs[n], pairs[n+1])
		}
	}
	if len(v) == 0 {
		return ""
	}
	return "?" + v.Encode()
}

func printIndented(w io.Writer, document []byte) error {
	if len(document) == 0 {
		return errors.New("the installation answered without a document")
	}
	var out bytes.Buffer
	if err := json.Indent(&out, document, "", "  "); err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	fmt.Fprintf(w, "%s\n", bytes.TrimSpace(out.Bytes()))
	return nil
}

// printLines prints objects as they are, or as text.
func printLines[T any](w io.Writer, list []json.RawMessage, asJSON bool, text func(T) string) error {
	for _, item := range list {
		if asJSON {
			fmt.Fprintf(w, "%s\n", item)
			continue
		}
		var row T
		if err := json.Unmarshal(item, &row); err != nil {
			return fmt.Errorf("read the answer: %w", err)
		}
		fmt.Fprintln(w, text(row))
	}
	return nil
}
