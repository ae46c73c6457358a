package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// show sends a request and prints the answer as the installation wrote it.
func (e *environment) show(c *cobra.Command, method, path string, document []byte) error {
	var answer json.RawMessage
	if err := e.rest().Call(c.Context(), method, path, document, &answer); err != nil {
		return err
	}
	printRaw(c.OutOrStdout(), answer)
	return nil
}

func printRaw(w io.Writer, answer json.RawMessage) {
	if text := bytes.TrimSpace(answer); len(text) > 0 {
		fmt.Fprintf(w, "%s\n", text)
	}
}

func printIndented(w io.Writer, document []byte) error {
	if len(document) == 0 {
		return errors.New("the installation answered without a document")
	}
	var out bytes.Buffer
	if err := json.Indent(&out, document, "", "  "); err != nil {
		return fmt.Errorf("read the installation's answer: %w", err)
	}
	printRaw(w, out.Bytes())
	return nil
}

// printLines prints each object on a line, as JSON or as text.
func printLines[T any](w io.Writer, list []json.RawMessage, asJSON bool, text func(T) string) error {
	for _, item := range list {
		if asJSON {
			fmt.Fprintf(w, "%s\n", item)
			continue
		}
		var row T
		if err := json.Unmarshal(item, &row); err != nil {
			return fmt.Errorf("read the installation's answer: %w", err)
		}
		fmt.Fprintln(w, text(row))
	}
	return nil
}
