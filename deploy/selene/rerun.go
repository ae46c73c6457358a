package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/deploy/selene/rerun"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// exitFlipped: a session ended otherwise than it did.
const exitFlipped = 2

type rerunFlags struct {
	settings string
	workers  []string
	pace     string
	jobs     int
	asJSON   bool
	html     string
	ownPack  bool
}

func rerunCommand(p *process) *cobra.Command {
	o := &rerunFlags{}
	c := &cobra.Command{
		Use: "rerun SESSION...", Short: "Judge recorded sessions again and say what changed",
		Long: "Send the frames of recorded sessions through workers again, in subjects of their own, and compare. The running workers of\n" +
			"the installation do it; with --pack, workers of this process with that model pack do. Exit code 2: a session ended otherwise.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			o.ownPack = c.Flags().Changed("pack") || p.NATSURL == ""
			return p.rerun(c, o, args)
		},
	}
	p.natsFlag(c)
	p.workerFlags(c)
	f := c.Flags()
	f.StringVar(&o.settings, "settings", "", "settings document to judge by, instead of those a session was judged by")
	f.StringSliceVar(&o.workers, "workers", nil, "only these are asked again; the verdicts of others are those of the recording")
	f.StringVar(&o.pace, "pace", "fast", "fast, or original: the pace the frames came in")
	f.IntVar(&o.jobs, "jobs", 0, "sessions at the same time; 0 = two for each message a worker handles at once")
	f.BoolVar(&o.asJSON, "json", false, "print a JSON object for each session and one for the totals")
	f.StringVar(&o.html, "html", "", "write a report with the pictures that changed into this file")
	return c
}

func (p *process) rerun(c *cobra.Command, o *rerunFlags, args []string) error {
	options := rerun.Options{Workers: o.workers, Jobs: o.jobs}
	switch o.pace {
	case "fast":
	case "original":
		options.Original = true
	default:
		return fmt.Errorf("--pace is %q: use fast or original", o.pace)
	}
	if options.Jobs <= 0 {
		options.Jobs = 2 * p.Concurrency
	}
	if o.settings != "" {
		document, err := readSettings(o.settings)
		if err != nil {
			return err
		}
		if options.Settings, err = schemas.ParseSettings(document); err != nil {
			return err
		}
	}
	for _, name := range o.workers {
		if _, ok := parts[name]; !ok && !schemas.IsPlugin(name) {
			return fmt.Errorf("--workers: there is no worker %q", name)
		}
	}
	source, err := p.connect(c.Context(), "rerun")
	if err != nil {
		return err
	}
	defer source.Close()
	totals := rerun.NewTotals()
	print := p.printer(c, o, totals)
	sessions := fromStreams(c.Context(), source, args)
	if o.ownPack {
		err = p.withOwnWorkers(c.Context(), func(ctx context.Context, conn *streams.Conn) error {
			return rerun.New(conn, options).Do(ctx, sessions, print)
		})
	} else {
		err = rerun.New(source, options).Do(c.Context(), sessions, print)
	}
	if err != nil {
		return err
	}
	if o.asJSON {
		err = json.NewEncoder(c.OutOrStdout()).Encode(totals)
	} else {
		err = totals.WriteText(c.OutOrStdout())
	}
	if err == nil && totals.Flipped > 0 {
		err = exitCode(exitFlipped)
	}
	return err
}

// printer shows each session's result and adds it to the totals.
func (p *process) printer(c *cobra.Command, o *rerunFlags, totals *rerun.Totals) func(*rerun.Result) error {
	return func(r *rerun.Result) error {
		totals.Add(r)
		if o.asJSON {
			return json.NewEncoder(c.OutOrStdout()).Encode(r)
		}
		return r.WriteText(c.OutOrStdout())
	}
}

// fromStreams are the recordings of sessions of an installation.
func fromStreams(ctx context.Context, conn *streams.Conn, ids []string) iter.Seq2[*rerun.Recording, error] {
	return func(yield func(*rerun.Recording, error) bool) {
		for _, id := range ids {
			if !yield(rerun.FromStreams(ctx, conn, id)) {
				return
			}
		}
	}
}

// withOwnWorkers calls do with a broker of its own, which is gone afterwards, and this process's judges on it.
func (p *process) withOwnWorkers(ctx context.Context, do func(context.Context, *streams.Conn) error) (err error) {
	dir, err := os.MkdirTemp("", "selene-rerun-")
	if err != nil {
		return fmt.Errorf("make room for the run: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	broker, err := streams.NewBroker(dir, "")
	if err != nil {
		return err
	}
	serving, stopBroker := context.WithCancel(context.WithoutCancel(ctx))
	var around errgroup.Group
	around.Go(func() error { return broker.Run(serving) })
	around.Go(func() error {
		defer stopBroker()
		wait, cancel := context.WithTimeout(ctx, brokerStart)
		defer cancel()
		conn, err := streams.Connect(wait, streams.Options{Broker: broker, Name: "selene rerun", Limits: p.Streams})
		if err != nil {
			return err
		}
		defer conn.Close()
		group, ctx := errgroup.WithContext(ctx)
		working, stop := context.WithCancel(ctx)
		group.Go(func() error { return p.runParts(working, conn, judges()...) })
		group.Go(func() error {
			defer stop()
			return do(ctx, conn)
		})
		return group.Wait()
	})
	return around.Wait()
}

// judges are the workers of this binary that frames go through.
func judges() []string {
	return slices.DeleteFunc(partNames(), func(name string) bool {
		return name != schemas.WorkerDetector && (schemas.IsPlugin(name) || strings.HasPrefix(name, "video"))
	})
}
