package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/selene-liveness/selene/deploy/tools/eval"
	"github.com/selene-liveness/selene/deploy/tools/terminal"
)

func evalCommand(e *environment) *cobra.Command {
	o := eval.Options{FPR: 0.01}
	split, plot := string(eval.All), ""
	var asJSON bool
	c := &cobra.Command{
		Use: "eval DATASET", Short: "Say how good a model pack and the checks are, on labelled images and clips",
		Long: "Run DATASET through a model pack and the detector: a folder with labels.csv (columns file, kind, identity, shows) and, for\n" +
			"matching, pairs.csv (file_a, file_b, relation); or a clip, an image or a folder of images without labels. It prints error\n" +
			"rates, and thresholds that are chosen on one half of the files (tune) with their error rates on the other (test).",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) (err error) {
			o.Dataset = args[0]
			if o.Split, err = eval.ParseSplit(split); err != nil {
				return fmt.Errorf("--split: %w", err)
			}
			if !(o.FPR > 0 && o.FPR < 1) {
				return fmt.Errorf("--fpr is %v, it must lie between 0 and 1", o.FPR)
			}
			o.Vision = e.models.config()
			return evaluate(c, o, plot, asJSON)
		},
	}
	e.models.flags(c)
	f := c.Flags()
	f.StringVar(&split, "split", split, "what is reported: all, tune or test")
	f.Float64Var(&o.FPR, "fpr", o.FPR, "false positive rate to choose the threshold of matches for")
	f.StringVar(&plot, "plot", "", "draw the ROC curves of matching into this PNG file")
	f.BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

func evaluate(c *cobra.Command, o eval.Options, plot string, asJSON bool) error {
	bar := terminal.StderrBar()
	o.OnProgress = bar.Draw
	report, err := eval.Run(c.Context(), o)
	bar.Wipe()
	if err != nil {
		return err
	}
	if plot != "" {
		var image bytes.Buffer
		if err := report.WritePlot(&image); err != nil {
			return fmt.Errorf("--plot: %w", err)
		}
		if err := os.WriteFile(plot, image.Bytes(), 0o644); err != nil {
			return fmt.Errorf("--plot: %w", err)
		}
	}
	if asJSON {
		return json.NewEncoder(c.OutOrStdout()).Encode(report)
	}
	return report.WriteText(c.OutOrStdout())
}
