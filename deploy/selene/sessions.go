package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"

	"github.com/spf13/cobra"
)

func sessionsCommand(e *environment) *cobra.Command {
	c := &cobra.Command{Use: "sessions", Short: "List, show, create, verify, import and erase sessions"}
	e.clientFlags(c)
	get := func(use, short, suffix string) *cobra.Command {
		return &cobra.Command{
			Use: use + " SESSION", Short: short, Args: cobra.ExactArgs(1),
			RunE: func(c *cobra.Command, args []string) error {
				return e.show(c, http.MethodGet, "/v1/sessions/"+args[0]+suffix, nil)
			},
		}
	}
	erase := &cobra.Command{
		Use: "erase SESSION", Short: "Erase everything stored about a session", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return e.show(c, http.MethodDelete, "/v1/sessions/"+args[0], nil)
		},
	}
	c.AddCommand(
		sessionsList(e),
		get("show", "Print the result of a session as JSON", ""),
		get("decisions", "Print the decision on each frame as JSON", "/decisions"),
		sessionsMake(e), sessionsVideo(e), sessionsVerify(e), sessionsImport(e), erase,
	)
	return c
}

func sessionsVideo(e *environment) *cobra.Command {
	var out string
	c := &cobra.Command{
		Use: "video SESSION -o FILE", Short: "Download the video of a session", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			answer, err := e.rest().Open(c.Context(), "/v1/sessions/"+args[0]+"/video")
			if err != nil {
				return err
			}
			defer answer.Close()
			return writeFile(out, answer)
		},
	}
	c.Flags().StringVarP(&out, "output", "o", "", "file to write")
	if err := c.MarkFlagRequired("output"); err != nil {
		panic(err) // the flag is defined one line above
	}
	return c
}

func sessionsMake(e *environment) *cobra.Command {
	var reference string
	c := &cobra.Command{
		Use: "make", Short: "Create a session with a one-time token that opens it, and optionally a reference face", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			body := map[string][]byte{}
			if reference != "" {
				image, err := os.ReadFile(reference)
				if err != nil {
					return fmt.Errorf("read the reference face: %w", err)
				}
				body["reference"] = image
			}
			document, err := json.Marshal(body)
			if err != nil {
				return fmt.Errorf("encode the request: %w", err)
			}
			return e.show(c, http.MethodPost, "/v1/sessions", document)
		},
	}
	c.Flags().StringVar(&reference, "reference", "", "JPEG or PNG file with the face to verify against")
	return c
}
