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

// reaction is the reaction time of a quick person.
const reaction = 300 * time.Millisecond

func replayCommand(e *environment) *cobra.Command {
	o := replay.Options{URL: "ws://127.0.0.1:8321/ws"}
	var asJSON, act bool
	var library string
	c := &cobra.Command{
		Use: "replay SOURCE", Short: "Send a video, a folder of images or an image to a running installation, as a camera would",
		Long: `Sends SOURCE (a video file of any format that FFmpeg reads, a folder of images, or an image) over LPProto, one frame
after the reply to the one before.

With --act it plays a cooperative person, who answers each prompt with frames that perform the action. With --attack it
plays an attacker, who has recordings of a person and answers prompts by cutting between them.

The exit code is 0 when the session passed, 2 when it was judged and did not pass, and 1 after any other error.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 != (library == "") || len(args) > 1 {
				return errors.New("name one SOURCE, or a folder of recordings with --attack")
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
				measurer, err := openMeasurer(&e.models)
				if err != nil {
					return fmt.Errorf("open the models that measure the source: %w", err)
				}
				defer measurer.close()
				o.Act = measurer
			}
			return play(c.Context(), c, o, asJSON)
		},
	}
	f := c.Flags()
	f.StringVar(&o.URL, "to", o.URL, "WebSocket address of the installation")
	f.BoolVar(&o.Fast, "fast", false, "send every frame as soon as the last reply arrives, instead of at the source's pace")
	f.Float64Var(&o.FPS, "fps", 0, "resample the source to this many frames per second")
	f.BoolVar(&o.Loop, "loop", false, "repeat the source until the session has ended")
	f.BoolVar(&o.Text, "text", false, "send images as base64 in text messages, instead of binary messages")
	f.StringVar(&o.SessionID, "session-id", "", "ID of the session to open or resume (a UUID)")
	f.StringVar(&o.Token, "session-token", "", "one-time token of a session created with selene sessions make")
	f.StringVar(&o.ResumeSecret, "resume-secret", "", "secret that resumes the session, from the CLOSED line of --json")
	f.DurationVar(&o.Heartbeat, "heartbeat", 0, "interval of the heartbeats that the server is asked to send")
	f.BoolVar(&act, "act", false, "play a cooperative person")
	f.DurationVar(&o.Reaction, "reaction", reaction, "time from a prompt to the response, with --act and --attack")
	f.StringVar(&library, "attack", "", "play an attacker with this folder of recordings of one person")
	f.BoolVar(&asJSON, "json", false, "print one JSON object per line")
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
