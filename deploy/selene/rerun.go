package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/deploy/selene/rerun"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/recording"
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

func rerunCommand(p *process) *cobra.Command {
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
			if p.NATSURL != "" && c.Flags().Changed("pack") {
				return errors.New("--pack and --nats: the running workers have the pack they have; leave out one of the two")
			}
			return p.rerun(c, o, args)
		},
	}
	p.natsFlag(c)
	p.workerFlags(c)
	p.clientFlags(c)
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

func (p *process) rerun(c *cobra.Command, o *rerunFlags, args []string) error {
	options := rerun.Options{Workers: o.workers, Jobs: o.jobs}
	switch o.pace {
	case "fast":
	case "original":
		options.Original = true
	default:
		return fmt.Errorf("--pace is %q: use fast or original", o.pace)
	}
	switch {
	case options.Jobs > 0:
	case p.NATSURL != "":
		options.Jobs = jobsOfOthers
	default:
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
		if _, ours := parts[name]; ours && !slices.Contains(judges(), name) {
			return fmt.Errorf("--workers: %s judges no frames; those that come with selene and do are %s", name, strings.Join(judges(), ", "))
		}
	}
	totals := rerun.NewTotals()
	report := &rerun.Report{Totals: totals}
	bar := newRerunBar()
	defer bar.wipe()
	options.Judged = bar.frame
	print := func(r *rerun.Result) error {
		bar.wipe()
		totals.Add(r)
		if o.html != "" {
			report.Add(r)
		}
		if o.asJSON {
			return json.NewEncoder(c.OutOrStdout()).Encode(r)
		}
		return r.WriteText(c.OutOrStdout())
	}
	var err error
	if p.NATSURL == "" {
		options.Alone = true
		err = p.withOwnWorkers(c.Context(), func(ctx context.Context, conn *streams.Conn) error {
			return rerun.New(conn, options).Do(ctx, p.recordings(c, o, args), print)
		})
	} else {
		var conn *streams.Conn
		if conn, err = streams.ConnectForRuns(c.Context(), streams.Options{URL: p.NATSURL, Name: "selene rerun"}); err != nil {
			return err
		}
		defer conn.Close()
		err = rerun.New(conn, options).Do(c.Context(), p.recordings(c, o, args), print)
	}
	bar.wipe()
	if err != nil && c.Context().Err() != nil {
		return fmt.Errorf("interrupted after %d sessions", totals.Sessions)
	}
	if err != nil {
		return err
	}
	if o.html != "" {
		var page bytes.Buffer
		if err := report.WriteHTML(&page); err != nil {
			return fmt.Errorf("--html: %w", err)
		}
		if err := writeFile(o.html, &page); err != nil {
			return fmt.Errorf("--html: %w", err)
		}
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

// recordings are the sessions that the arguments and flags choose. A file is closed when its session is judged.
func (p *process) recordings(c *cobra.Command, o *rerunFlags, args []string) iter.Seq2[*rerun.Recording, error] {
	return func(yield func(*rerun.Recording, error) bool) {
		for _, arg := range args {
			files, err := bundlesOf(arg)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, file := range files {
				if !yield(openBundle(file)) {
					return
				}
			}
			if files == nil && !yield(p.fetchRecording(c, arg)) {
				return
			}
		}
		if !o.query.set() {
			return
		}
		err := o.query.find(c, p, func(id string) error {
			if !yield(p.fetchRecording(c, id)) {
				return errEnough
			}
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			yield(nil, err)
		}
	}
}

var errEnough = errors.New("no more sessions are wanted")

// bundlesOf are the files that an argument names: itself, or those in a folder. It is nil for the id of a session.
func bundlesOf(arg string) ([]string, error) {
	info, err := os.Stat(arg)
	if errors.Is(err, fs.ErrNotExist) {
		if streams.CheckSession(arg) == nil {
			return nil, nil
		}
		return nil, fmt.Errorf("%s is no file, no folder and no session id", arg)
	}
	if err != nil {
		return nil, fmt.Errorf("find the recordings: %w", err)
	}
	if !info.IsDir() {
		return []string{arg}, nil
	}
	var files []string
	for _, pattern := range []string{"*.tar", "*.tar" + zstdSuffix} {
		found, err := filepath.Glob(filepath.Join(arg, pattern))
		if err != nil {
			return nil, fmt.Errorf("find the recordings: %w", err)
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("folder %s holds no recordings: *.tar, *.tar%s", arg, zstdSuffix)
	}
	return files, nil
}

func openBundle(path string) (*rerun.Recording, error) {
	b, err := recording.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	r, err := readBundle(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// readBundle takes over the bundle.
func readBundle(b *recording.Bundle) (*rerun.Recording, error) {
	err := b.Verify(func(string) ed25519.PublicKey { return nil })
	if errors.Is(err, recording.ErrUnsigned) {
		err = nil // who signed it does not change what it says
	}
	var r *rerun.Recording
	if err == nil {
		r, err = rerun.FromBundle(b)
	}
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return r, nil
}

// fetchRecording records a session of the installation into a temporary file.
func (p *process) fetchRecording(c *cobra.Command, session string) (*rerun.Recording, error) {
	answer, err := p.call(c.Context(), http.MethodGet, "/v1/sessions/"+session+"/recording", nil)
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	b, err := recording.Receive(answer, recording.MaxBytes)
	if err != nil {
		return nil, fmt.Errorf("session %s: %w", session, err)
	}
	return readBundle(b)
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
		return schemas.IsPlugin(name)
	})
}
