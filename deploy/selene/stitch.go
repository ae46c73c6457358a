package main

import (
	"github.com/spf13/cobra"

	"github.com/selene-liveness/selene/workers/video"
	"github.com/selene-liveness/selene/workers/video/stitch"
)

// stitchCommand is the process that encodes one video for a video worker, which starts it. It is not for people.
func stitchCommand() *cobra.Command {
	return &cobra.Command{
		Use: stitchName, Short: "Encode one video, as a video worker asks on standard input", Args: cobra.NoArgs, Hidden: true,
		RunE: func(c *cobra.Command, _ []string) error {
			return stitch.Serve(c.Context(), c.InOrStdin(), c.OutOrStdout())
		},
	}
}

const stitchName = "stitch"

// video says how videos are made. /proc/self/exe is this program even when its file was replaced meanwhile.
func (w *workerSettings) video() video.Options {
	return video.Options{
		Jobs: w.VideoJobs, Threads: w.VideoThreads, Version: version(),
		Encoder: stitch.Encoder{Command: []string{"/proc/self/exe", stitchName}},
	}
}
