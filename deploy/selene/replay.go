package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/selene-liveness/selene/deploy/tools/replay"
	"github.com/selene-liveness/selene/deploy/tools/terminal"
	"github.com/selene-liveness/selene/schemas"
)

// reaction is that of a quick person.
const reaction = 300 * time.Millisecond

func replayCommand(e *environment) *cobra.Command {
	o := replay.Options{URL: "ws://127.0.0.1:8321/ws"}
	var asJSON, act bool
	var library string
	c := &cobra.Command{
		Use: "replay SOURCE", Short: "Play a video, a folder of images or an image to a running installation, as a camera would",
		Long: "Play SOURCE (a video file of any FFmpeg format, a folder of images, an image) over LPProto, in lock-step.\n" +
			"With --attack DIR it plays somebody who owns recordings of a person and answers prompts by cutting between them.\n" +
			"Exit code: 0 the session passed, 1 usage or environment, 2 it was judged and did not pass.",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 != (library == "") || len(args) > 1 {
				return errors.New("name one SOURCE, or a folder with --attack")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			if o.Attack = library != ""; o.Attack {
				o.Source = library
			} else {
				o.Source = args[0]
			}
			if act || o.Attack {
				eye, err := openMeasurer(&e.models)
				if err != nil {
					return fmt.Errorf("the source is measured first: %w", err)
				}
				defer eye.close()
				o.Act = eye
			}
			return play(c.Context(), c, o, asJSON)
		},
	}
	f := c.Flags()
	f.StringVar(&o.URL, "to", o.URL, "WebSocket address of the installation")
	f.BoolVar(&o.Fast, "fast", false, "send every frame as fast as replies come, instead of at the source's pace")
	f.Float64Var(&o.FPS, "fps", 0, "resample the source to this rate")
	f.BoolVar(&o.Loop, "loop", false, "start again at the end, until there is a verdict")
	f.BoolVar(&o.Text, "text", false, "send base64 in text messages instead of raw images in binary ones")
	f.StringVar(&o.SessionID, "session-id", "", "open, or resume, this session (a UUID)")
	f.StringVar(&o.Token, "session-token", "", "one-time token of a session made with `selene sessions make`")
	f.DurationVar(&o.Heartbeat, "heartbeat", 0, "ask the server for heartbeats this often")
	f.BoolVar(&act, "act", false, "play a cooperative person: answer each prompt with frames that do what it asks")
	f.DurationVar(&o.Reaction, "reaction", reaction, "with --act and --attack: the time from a prompt to doing what it asks")
	f.StringVar(&library, "attack", "", "a folder of recordings of one person: answer each prompt by cutting to a fitting moment")
	f.BoolVar(&asJSON, "json", false, "print one JSON object a line")
	e.workerFlags(c)
	return c
}

func play(ctx context.Context, c *cobra.Command, o replay.Options, asJSON bool) error {
	o.OnReply = replay.PrintText(c.OutOrStdout())
	if asJSON {
		o.OnReply = replay.PrintJSON(c.OutOrStdout())
	}
	o.OnWarning = func(line string) { fmt.Fprintln(c.ErrOrStderr(), "selene:", line) }
	bar, print := terminal.StderrBar(), o.OnReply
	o.OnProgress, o.OnReply = bar.Draw, func(r replay.Reply) { bar.Wipe(); print(r) }
	defer bar.Wipe()
	outcome, err := replay.Run(ctx, o)
	if err != nil {
		return err
	}
	if !asJSON {
		summarize(c, outcome)
	}
	if code := replay.ExitCode(outcome, nil); code != replay.ExitPassed {
		return exitCode(code)
	}
	return nil
}

func summarize(c *cobra.Command, o replay.Outcome) {
	verdict := "did not pass"
	if o.Passed {
		verdict = "passed"
	}
	fmt.Fprintf(c.OutOrStdout(), "session %s %s: %d frames sent, %d dropped as late\n", o.Session, verdict, o.Sent, o.Dropped)
	var codes []int
	for code := range o.Codes {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	for _, code := range codes {
		fmt.Fprintf(c.OutOrStdout(), "  %3d %-20s %d frames\n", code, schemas.CodeName(int32(code)), o.Codes[code])
	}
}
