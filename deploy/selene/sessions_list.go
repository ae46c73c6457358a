package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

type listFlags struct {
	since, outcome, prefix string
	code, limit            int
	asJSON                 bool
}

func sessionsList(p *process) *cobra.Command {
	o := &listFlags{}
	c := &cobra.Command{
		Use: "list", Short: "Find sessions, the last opened first", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return p.listSessions(c, o) },
	}
	f := c.Flags()
	f.StringVar(&o.since, "since", "", "opened since then: a time such as 2026-01-31T12:00:00Z, or 24h for the last day")
	f.StringVar(&o.outcome, "outcome", "", "success, fail, open, or an end by its name, such as timeout")
	f.IntVar(&o.code, "code", 0, "a check code of the last decision, such as 32; 0 = any")
	f.StringVar(&o.prefix, "id", "", "how the id begins")
	f.IntVar(&o.limit, "limit", 50, "how many at most")
	f.BoolVar(&o.asJSON, "json", false, "one JSON object a line")
	return c
}

// searchPage is how many sessions one request asks for.
const searchPage = 200

func (p *process) listSessions(c *cobra.Command, o *listFlags) error {
	since, err := sinceWhen(o.since, time.Now())
	if err != nil {
		return err
	}
	code := ""
	if o.code != 0 {
		code = strconv.Itoa(o.code)
	}
	cursor := ""
	for left := o.limit; left > 0; {
		var page struct {
			Sessions []json.RawMessage
			Next     string
		}
		query := queryOf("since", since, "outcome", o.outcome, "code", code, "q", o.prefix, "limit", strconv.Itoa(min(left, searchPage)), "cursor", cursor)
		if err := p.getJSON(c, "/v1/sessions"+query, &page); err != nil {
			return err
		}
		if err := printLines(c.OutOrStdout(), page.Sessions, o.asJSON, sessionText); err != nil {
			return err
		}
		left -= len(page.Sessions)
		if cursor = page.Next; cursor == "" {
			return nil
		}
	}
	return nil
}

type sessionRow struct {
	ID       string
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
	if len(s.Codes) > 0 {
		text += "  codes " + strings.Trim(fmt.Sprint(s.Codes), "[]")
	}
	return text
}

// sinceWhen is a time, or how long before now, as the interface takes it.
func sinceWhen(text string, now time.Time) (string, error) {
	if text == "" {
		return "", nil
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return now.Add(-d).UTC().Format(time.RFC3339), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return "", fmt.Errorf("--since is %q: use a time such as 2026-01-31T12:00:00Z, or 24h for the last day", text)
	}
	return t.UTC().Format(time.RFC3339), nil
}
