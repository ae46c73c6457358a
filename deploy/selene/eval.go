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
	var simulated simulation
	c := &cobra.Command{
		Use: "eval DATASET", Short: "Measure how good a model pack and the checks are, on labelled images and clips",
		Long: `Runs DATASET through a model pack and the detector, and prints error rates. Thresholds are chosen on one half of
the files (tune), and their error rates are those on the other half (test).

DATASET is a folder with labels.csv (the columns file and kind, and optional ones) and, for matching, pairs.csv
(file_a, file_b, relation); or a clip, an image or a folder of them without labels.
deploy/tools/eval/README.md describes the columns.

With --sessions it plays whole sessions instead: people and attackers, built from the clips of DATASET, answer the requests of
the settings. deploy/tools/simulate/README.md describes them.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) (err error) {
			if simulated.sessions > 0 {
				return simulated.run(c, &e.models, args[0], asJSON)
			}
			o.Dataset = args[0]
			if o.Split, err = eval.ParseSplit(split); err != nil {
				return fmt.Errorf("--split: %w", err)
			}
			if !(o.FPR > 0 && o.FPR < 1) {
				return fmt.Errorf("--fpr is %v: it must lie between 0 and 1", o.FPR)
			}
			o.Vision = e.models.config()
			return evaluate(c, o, plot, asJSON)
		},
	}
	e.models.flags(c)
	simulated.flags(c)
	f := c.Flags()
	f.StringVar(&o.Labels, "labels", "", "CSV file with more columns for labels.csv, for a dataset that you cannot edit")
	f.StringVar(&split, "split", split, "part of the files to report: all, tune or test")
	f.Float64Var(&o.FPR, "fpr", o.FPR, "false positive rate for which the threshold of matches is chosen")
	f.StringVar(&plot, "plot", "", "PNG file for the ROC curves of matching")
	f.BoolVar(&asJSON, "json", false, "print the report as one JSON object")
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
		if err := os.WriteFile(plot, image.Bytes(), 0o600); err != nil {
			return fmt.Errorf("--plot: %w", err)
		}
	}
	if asJSON {
		return json.NewEncoder(c.OutOrStdout()).Encode(report)
	}
	return report.WriteText(c.OutOrStdout())
}
