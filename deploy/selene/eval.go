package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/selene-liveness/selene/deploy/tools/eval"
	"github.com/selene-liveness/selene/deploy/tools/terminal"
	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/vision/modelstore"
)

func evalCommand(p *process) *cobra.Command {
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
			o.Vision = p.visionConfig()
			return evaluate(c, o, plot, asJSON)
		},
	}
	f := c.Flags()
	f.StringVar(&p.Pack, "pack", p.Pack, "model pack: zoo, base or one of your own (SELENE_PACK)")
	f.StringVar(&p.Models, "models", p.Models, "folder of the model packs (SELENE_MODELS)")
	f.StringVar(&split, "split", split, "what is reported: all, tune or test")
	f.Float64Var(&o.FPR, "fpr", o.FPR, "false positive rate to choose the threshold of matches for")
	f.StringVar(&plot, "plot", "", "draw the ROC curves of matching into this PNG file")
	f.BoolVar(&asJSON, "json", false, "print one JSON object")
	return c
}

// visionConfig names the chosen pack.
func (p *process) visionConfig() vision.Config {
	name, _ := p.pack()
	library := p.Library
	if library == "" {
		library = modelstore.LibraryPath(p.modelsDir())
	}
	return vision.Config{Library: library, Pack: filepath.Join(p.modelsDir(), name), IntraThreads: p.Threads}
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
