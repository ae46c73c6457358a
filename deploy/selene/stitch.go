package main

import (
	"github.com/spf13/cobra"

	"github.com/selene-liveness/selene/workers/video"
	"github.com/selene-liveness/selene/workers/video/stitch"
)

// stitchCommand is run by video workers, to encode each video in a separate process.
func stitchCommand() *cobra.Command {
	return &cobra.Command{
		Use: stitchName, Short: "Encode one video, for a video worker", Args: cobra.NoArgs, Hidden: true,
		RunE: func(c *cobra.Command, _ []string) error {
			return stitch.Serve(c.Context(), c.InOrStdin(), c.OutOrStdout())
		},
	}
}

const stitchName = "stitch"

// video returns the options of the video worker. /proc/self/exe is this program even after its file was replaced.
func (w *workerSettings) video() video.Options {
	return video.Options{
		Jobs: w.VideoJobs, Threads: w.VideoThreads, Version: version(),
		Encoder: stitch.Encoder{Command: []string{"/proc/self/exe", stitchName}},
	}
}
