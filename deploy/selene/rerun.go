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

// jobsOfOthers are frames that workers of other processes have at the same time: enough for some, and live ones go first.
const jobsOfOthers = 32

// exitFlipped: a session ended otherwise than it did.
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
		Use: "rerun FILE|FOLDER|SESSION...", Short: "Judge recorded sessions again and say what changed",
		Long: "Send the frames of recorded sessions through workers again, in subjects of their own, and compare. A session is a bundle that\n" +
			"`selene record` wrote, a folder of them, or an id; --since, --until, --outcome and --code choose sessions of the installation.\n" +
			"With --nats the running workers judge, otherwise workers of this process with the pack that --pack names.\n" +
			"Exit code 2: a session ended otherwise.",
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 && !o.query.set() {
				return errors.New("say which: a FILE or SESSION, or --since, --until, --outcome, --code")
			}
			if e.broker.URL != "" && c.Flags().Changed("pack") {
				return errors.New("--pack and --nats: the running workers have the pack they have; leave out one of the two")
			}
			return o.run(c, e, args)
		},
	}
	e.broker.flag(c)
	e.workerFlags(c)
	e.clientFlags(c)
	o.query.add(c)
	f := c.Flags()
	f.StringVar(&o.settings, "settings", "", "settings document to judge by, instead of those a session was judged by")
	f.StringSliceVar(&o.workers, "workers", nil, "only these are asked again; the verdicts of others are those of the recording")
	f.StringVar(&o.pace, "pace", "fast", "fast, or original: the pace the frames came in")
	f.IntVar(&o.jobs, "jobs", 0, "frames that the workers have at the same time, 128 at most; 0 = 32 with --nats, otherwise two for each that a worker handles at once")
	f.BoolVar(&o.asJSON, "json", false, "print a JSON object for each session and one for the totals")
	f.StringVar(&o.html, "html", "", "write a report with the pictures that changed into this file")
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

// options are what the flags ask for.
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
			return options, fmt.Errorf("--workers: %s judges no frames; those that come with selene and do are %s", name, strings.Join(judges(), ", "))
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

// conclude writes the totals and the page, and is exit code 2 when a session ended otherwise.
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
