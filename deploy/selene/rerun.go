package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/spf13/cobra"

	"github.com/selene-liveness/selene/deploy/tools/terminal"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/workers/rerun"
)

// jobsOfOthers is the number of frames that running workers are given at the same time; they handle live frames first.
const jobsOfOthers = 32

// exitFlipped is the exit code when a session now ends with another outcome.
const exitFlipped = 2

type rerunFlags struct {
	settings string
	workers  []string
	pace     string
	jobs     int
	asJSON   bool
	html     string
	query    queryFlags
}

func rerunCommand(e *environment) *cobra.Command {
	o := &rerunFlags{}
	c := &cobra.Command{
		Use: "rerun [FILE|FOLDER|SESSION]...", Short: "Judge recorded sessions again and report what changed",
		Long: `Sends the frames of recorded sessions through workers again, apart from live sessions, and compares the results.

A session is a file that "selene record" wrote, a folder of such files, or the ID of a session of the installation; --since,
--until, --outcome, --code and --id select sessions of the installation. With --nats, the workers that are running judge
them; otherwise, workers of this process do, with the model pack that --pack names.

The exit code is 2 when a session now ends with another outcome.`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 && !o.query.set() {
				return errors.New("name a FILE, FOLDER or SESSION, or select sessions with --since, --until, --outcome, --code or --id")
			}
			if e.broker.URL != "" && c.Flags().Changed("pack") {
				return errors.New(
					"--pack and --nats exclude each other: with --nats, the running workers use the pack they were started with",
				)
			}
			return o.run(c, e, args)
		},
	}
	e.broker.flag(c)
	e.workerFlags(c)
	e.clientFlags(c)
	o.query.add(c)
	f := c.Flags()
	f.StringVar(&o.settings, "settings", "", "settings document to judge by, instead of the settings of each recording")
	f.StringSliceVar(
		&o.workers,
		"workers",
		nil,
		"judge again with these workers only; the recorded verdicts of the others are used as they are",
	)
	f.StringVar(&o.pace, "pace", "fast", "fast, or original for the pace at which the frames were received")
	f.IntVar(
		&o.jobs,
		"jobs",
		0,
		"frames given to the workers at the same time, at most 128; 0 = 32 with --nats, otherwise twice --concurrency",
	)
	f.BoolVar(&o.asJSON, "json", false, "print one JSON object for each session and one for the totals")
	f.StringVar(&o.html, "html", "", "HTML file for a report that shows the frames whose codes changed")
	return c
}

func (o *rerunFlags) run(c *cobra.Command, e *environment, args []string) error {
	options, err := o.options(e)
	if err != nil {
		return err
	}
	bar := terminal.StderrBar()
	defer bar.Wipe()
	var judged atomic.Int64
	options.Judged = func() {
		bar.Draw(terminal.Progress{Stage: "judged", Detail: fmt.Sprintf("%d frames", judged.Add(1)), Fraction: -1})
	}
	report := &rerun.Report{Totals: rerun.NewTotals()}
	each := func(r *rerun.Result) error {
		bar.Wipe()
		report.Add(r, o.html != "")
		if o.asJSON {
			return json.NewEncoder(c.OutOrStdout()).Encode(r)
		}
		return r.WriteText(c.OutOrStdout())
	}
	with := e.withOwnWorkers
	if e.broker.URL != "" {
		with = e.withRunningWorkers
	}
	err = with(c.Context(), func(ctx context.Context, conn *streams.Conn) error {
		return rerun.New(conn, options).Do(ctx, o.recordings(c, e.rest(), args), each)
	})
	bar.Wipe()
	if err != nil && c.Context().Err() != nil {
		return fmt.Errorf("interrupted after %d sessions", report.Totals.Sessions)
	}
	if err != nil {
		return err
	}
	return o.conclude(c.OutOrStdout(), report)
}

// options returns the options of the run.
func (o *rerunFlags) options(e *environment) (rerun.Options, error) {
	options := rerun.Options{Workers: o.workers, Jobs: o.jobs, Alone: e.broker.URL == ""}
	switch o.pace {
	case "fast":
	case "original":
		options.Original = true
	default:
		return options, fmt.Errorf("--pace is %q: use fast or original", o.pace)
	}
	switch {
	case options.Jobs > 0:
	case options.Alone:
		options.Jobs = 2 * e.workers.Concurrency
	default:
		options.Jobs = jobsOfOthers
	}
	for _, name := range o.workers {
		if _, ours := parts[name]; ours && !slices.Contains(judges(), name) {
			return options, fmt.Errorf(
				"--workers: %s does not judge frames; the workers of this program that do are %s",
				name,
				strings.Join(judges(), ", "),
			)
		}
	}
	if o.settings == "" {
		return options, nil
	}
	document, err := readSettings(o.settings)
	if err == nil {
		options.Settings, err = schemas.ParseSettings(document)
	}
	return options, err
}

// conclude writes the totals and the report. It returns exitFlipped when a session now ends with another outcome.
func (o *rerunFlags) conclude(w io.Writer, report *rerun.Report) error {
	if o.html != "" {
		var page bytes.Buffer
		err := report.WriteHTML(&page)
		if err == nil {
			err = writeFile(o.html, &page)
		}
		if err != nil {
			return fmt.Errorf("--html: %w", err)
		}
	}
	var err error
	if o.asJSON {
		err = json.NewEncoder(w).Encode(report.Totals)
	} else {
		err = report.Totals.WriteText(w)
	}
	if err == nil && report.Totals.Flipped > 0 {
		err = exitCode(exitFlipped)
	}
	return err
}
