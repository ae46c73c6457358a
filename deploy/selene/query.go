package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/selene-liveness/selene/deploy/tools/rest"
)

// queryFlags select sessions of an installation.
type queryFlags struct {
	since, until, outcome, prefix string
	code                          int
}

func (q *queryFlags) add(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&q.since, "since", "", "sessions opened at or after a time such as 2026-01-31T12:00:00Z, or 24h for the last day")
	f.StringVar(&q.until, "until", "", "sessions opened before a time, given like --since")
	f.StringVar(&q.outcome, "outcome", "", "sessions with this outcome: success, fail, open, or the name of one, such as timeout")
	f.IntVar(&q.code, "code", 0, "sessions with this check code in their last decision, such as 32; 0 = any")
	f.StringVar(&q.prefix, "id", "", "sessions whose ID begins with this")
}

func (q *queryFlags) set() bool { return *q != queryFlags{} }

// searchPage is the number of sessions in one request.
const searchPage = 200

// find calls see with the selected sessions, most recently opened first, page by page; at most limit of them, 0 = all.
func (q *queryFlags) find(c *cobra.Command, from *rest.Client, limit int, see func([]json.RawMessage) error) error {
	now := time.Now()
	since, err := timeOf("since", q.since, now)
	if err != nil {
		return err
	}
	until, err := timeOf("until", q.until, now)
	if err != nil {
		return err
	}
	code := ""
	if q.code != 0 {
		code = strconv.Itoa(q.code)
	}
	for cursor, seen := "", 0; limit == 0 || seen < limit; {
		size := searchPage
		if limit > 0 {
			size = min(size, limit-seen)
		}
		var page struct {
			Sessions []json.RawMessage
			Next     string
		}
		query := rest.Query(
			"since",
			since,
			"until",
			until,
			"outcome",
			q.outcome,
			"code",
			code,
			"q",
			q.prefix,
			"limit",
			strconv.Itoa(size),
			"cursor",
			cursor,
		)
		if err := from.Get(c.Context(), "/v1/sessions"+query, &page); err != nil {
			return err
		}
		if err := see(page.Sessions); err != nil {
			return err
		}
		seen += len(page.Sessions)
		if cursor = page.Next; cursor == "" {
			return nil
		}
	}
	return nil
}

// findIDs calls see with the ID of every selected session.
func (q *queryFlags) findIDs(c *cobra.Command, from *rest.Client, see func(id string) error) error {
	return q.find(c, from, 0, func(page []json.RawMessage) error {
		for _, item := range page {
			var s struct{ ID string }
			if err := json.Unmarshal(item, &s); err != nil {
				return fmt.Errorf("read the installation's answer: %w", err)
			}
			if err := see(s.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

// timeOf returns a time, or a duration before now, in the format of the REST API.
func timeOf(flag, text string, now time.Time) (string, error) {
	if text == "" {
		return "", nil
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return now.Add(-d).UTC().Format(time.RFC3339), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return "", fmt.Errorf("--%s is %q: use a time such as 2026-01-31T12:00:00Z, or 24h for the last day", flag, text)
	}
	return t.UTC().Format(time.RFC3339), nil
}
