package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

func sessionsList(e *environment) *cobra.Command {
	q, limit, asJSON := &queryFlags{}, 50, false
	c := &cobra.Command{
		Use: "list", Short: "List sessions, most recently opened first", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if limit < 1 {
				return fmt.Errorf("--limit is %d: use 1 or more", limit)
			}
			return q.find(c, e.rest(), limit, func(page []json.RawMessage) error {
				return printLines(c.OutOrStdout(), page, asJSON, sessionText)
			})
		},
	}
	q.add(c)
	c.Flags().IntVar(&limit, "limit", limit, "largest number of sessions to list")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object per line")
	return c
}

type sessionRow struct {
	ID       string
	Label    string
	Opened   time.Time
	Outcome  string
	Codes    []int
	Frames   int
	Duration float64
	Live     bool
}

func sessionText(s sessionRow) string {
	if s.Live {
		s.Outcome = "live"
	}
	text := fmt.Sprintf("%s  %s  %-26s  %4d frames  %6.1f s", s.ID, s.Opened.Local().Format(time.DateTime), s.Outcome, s.Frames, s.Duration)
	if s.Label != "" {
		text += "  again for " + s.Label
	}
	if len(s.Codes) > 0 {
		text += "  codes " + strings.Trim(fmt.Sprint(s.Codes), "[]")
	}
	return text
}
