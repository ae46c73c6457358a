package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // time zones for time marks, on machines without a database of them

	"github.com/spf13/cobra"

	"github.com/selene-liveness/selene/deploy/tools/terminal"
	"github.com/selene-liveness/selene/schemas"
)

func exportCommand(e *environment) *cobra.Command {
	var o exportFlags
	var dir string
	var asJSON bool
	c := &cobra.Command{
		Use: "export SESSION...", Short: "Create video files of sessions and download them", Args: cobra.MinimumNArgs(1),
		Long: `Orders one video file for each session, waits until they are encoded, and downloads them.
Ctrl-C cancels the export. The exit code is 0 when all files were downloaded, and 1 otherwise.`,
		Example: `  selene export 3e7a8f1c-6f54-4c3e-9f3e-0d1f6f7e9a10 -o videos
  selene export $A $B --codec H265 --bitrate 1500 --resolution 640x480 --rotate 90
  selene export $A --mark-time=Europe/Berlin --mark-session --mark-figures=face_box,scores --figures-corner 4`,
		RunE: func(c *cobra.Command, sessions []string) error {
			order, err := o.order(sessions)
			if err != nil {
				return err
			}
			x := &exporting{from: e.rest(), out: c.OutOrStdout(), json: asJSON, dir: dir}
			if !asJSON {
				x.bar = terminal.StderrBar()
			}
			return x.run(c.Context(), order)
		},
	}
	e.clientFlags(c)
	o.bind(c)
	c.Flags().StringVarP(&dir, "output", "o", ".", "folder for the files")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object per line: the export at each step, then each file")
	return c
}

// exportFlags are the flags from which an order is made.
type exportFlags struct {
	plain                     schemas.ExportOrder
	from, to                  string
	duration                  time.Duration
	zone                      string
	session                   bool
	figures                   []string
	timeAt, sessionAt, drawAt int
}

const (
	corners    = "corner: 1 top left, 2 top right, 3 bottom left, 4 bottom right"
	allFigures = "face_box,landmarks,codes,scores"
)

func (o *exportFlags) bind(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&o.from, "from", "", "leave out frames received before this time, such as 2026-03-04T05:06:07Z")
	f.StringVar(&o.to, "to", "", "leave out frames received at or after this time")
	f.DurationVar(&o.duration, "duration", 0, "length from --from, or from the first frame, such as 90s; instead of --to")
	f.StringVar(&o.plain.Codec, "codec", schemas.CodecH264, "H264, H265 or VP9")
	f.IntVar(&o.plain.Bitrate, "bitrate", 0, "kbit/s, rounded down to one of the steps from 200 to 16000; 0 = chosen for constant quality")
	f.StringVar(&o.plain.Resolution, "resolution", schemas.ResolutionOriginal, "WIDTHxHEIGHT from 176x144 to 2560x1920, or original")
	f.IntVar(&o.plain.Rotate, "rotate", 0, "degrees clockwise: 0, 90, 180 or 270")
	f.StringVar(&o.plain.Flip, "flip", "", "horizontal or vertical, after rotation")
	f.IntVar(&o.plain.FrameRate, "frame-rate", 0, "constant frame rate; 0 = frames are shown at the times they were received")
	f.BoolVar(&o.plain.Fragmented, "fragmented", false, "write a fragmented MP4, which can be played while it is written")
	f.StringVar(&o.zone, "mark-time", "", "draw the time at which each frame was received, in a time zone such as Europe/Berlin")
	f.Lookup("mark-time").NoOptDefVal = "UTC"
	f.BoolVar(&o.session, "mark-session", false, "draw the session ID")
	f.StringSliceVar(&o.figures, "mark-figures", nil, "draw what was measured: any of "+allFigures)
	f.Lookup("mark-figures").NoOptDefVal = allFigures
	f.IntVar(&o.timeAt, "time-corner", 1, corners)
	f.IntVar(&o.sessionAt, "session-corner", 2, corners)
	f.IntVar(&o.drawAt, "figures-corner", 3, corners)
	f.StringVar(&o.plain.Name, "name", "", "name of the files; {name}, {start} and {end} stand for the session and its times")
	f.StringVar(&o.plain.Webhook, "webhook", "", "URL to which the result is posted when the export ends")
}

// order returns the order as JSON. It checks only what JSON cannot carry; the installation checks everything else.
func (o *exportFlags) order(sessions []string) ([]byte, error) {
	order := o.plain
	order.Sessions, order.Duration = sessions, o.duration.Seconds()
	for flag, at := range map[string]**time.Time{"from": &order.From, "to": &order.To} {
		text := map[string]string{"from": o.from, "to": o.to}[flag]
		if text == "" {
			continue
		}
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return nil, fmt.Errorf("--%s is %q: use a time with its zone, such as 2026-03-04T05:06:07Z", flag, text)
		}
		*at = &t
	}
	if o.zone != "" {
		order.Watermark.Time = &schemas.TimeMark{Corner: o.timeAt, Zone: o.zone}
	}
	if o.session {
		order.Watermark.Session = &schemas.CornerMark{Corner: o.sessionAt}
	}
	if len(o.figures) > 0 {
		known := strings.Split(allFigures, ",")
		for _, name := range o.figures {
			if !slices.Contains(known, name) {
				return nil, fmt.Errorf("--mark-figures is %[2]q: use any of %[1]s", allFigures, name)
			}
		}
		has := func(name string) bool { return slices.Contains(o.figures, name) }
		order.Watermark.Figures = &schemas.Figures{
			Corner: o.drawAt, FaceBox: has("face_box"), Landmarks: has("landmarks"), Codes: has("codes"), Scores: has("scores"),
		}
	}
	document, err := json.Marshal(order)
	if err != nil {
		return nil, fmt.Errorf("encode the order: %w", err)
	}
	return document, nil
}
