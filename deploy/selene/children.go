package main

import (
	"github.com/spf13/cobra"

	"github.com/selene-liveness/selene/workers/pictures"
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

// decodeCommand is run by workers that decode pictures, which they do in processes of their own.
func decodeCommand() *cobra.Command {
	return &cobra.Command{
		Use: decodeName, Short: "Decode pictures, for workers", Args: cobra.NoArgs, Hidden: true,
		RunE: func(c *cobra.Command, _ []string) error {
			return pictures.Serve(pictures.Here(), c.InOrStdin(), c.OutOrStdout())
		},
	}
}

const decodeName = "decode"

// thisProgram is this program even after its file was replaced.
const thisProgram = "/proc/self/exe"

// video returns the options of the video worker.
func (w *workerSettings) video() video.Options {
	return video.Options{
		Jobs: w.VideoJobs, Threads: w.VideoThreads, Version: version(),
		Encoder: stitch.Encoder{Command: []string{thisProgram, stitchName}},
	}
}
