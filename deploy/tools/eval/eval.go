// Package eval runs labelled images and clips through a model pack and the detector, and measures both: how often faces are
// found, how well poses, eyes and glasses are recognised, how well faces are matched, how well presentation attacks are
// distinguished from living people, and how every check of the detector compares with the labels.
package eval

import (
	"context"

	"github.com/selene-liveness/selene/deploy/tools/terminal"
	"github.com/selene-liveness/selene/workers/vision"
)

// Options select what is evaluated and reported.
type Options struct {
	Dataset string        // folder with labels.csv, or clips and images without labels; see Load
	Labels  string        // file with more columns of labels.csv; "" = none
	Vision  vision.Config // the pack
	Split   Split         // files to report; thresholds are always chosen on the half tune
	FPR     float64       // false positive rate, from 0 to 1, for which the threshold of matches is chosen

	OnProgress func(terminal.Progress) // may be nil; called from the goroutine of Run
}

// Run judges every file of the dataset, and every fifth frame of clips. The error is a *DatasetError when the dataset is wrong.
func Run(ctx context.Context, o Options) (*Report, error) {
	d, err := Load(o.Dataset, o.Labels)
	if err != nil {
		return nil, err
	}
	nets, err := openNetworks(o.Vision)
	if err != nil {
		return nil, err
	}
	defer nets.close()
	c := &collector{nets: nets, paired: map[string]bool{}}
	for _, p := range d.Pairs {
		c.paired[p.A], c.paired[p.B] = true, true
	}
	err = withJudge(ctx, nets.all, func(ctx context.Context, j *judge) error {
		c.judge = j
		return c.run(ctx, d, o.OnProgress)
	})
	if err != nil {
		return nil, err
	}
	return report(d, c.samples, nets, o), nil
}

func report(d *Dataset, all []*sample, nets *networks, o Options) *Report {
	r := &Report{Dataset: o.Dataset, Pack: nets.all.Name(), Digest: nets.all.Digest(), Split: o.Split}
	var samples []*sample
	files := map[string]bool{}
	for _, s := range all {
		if !o.Split.has(s.label.half) {
			continue
		}
		samples = append(samples, s)
		files[s.label.File] = true
	}
	r.Files, r.Images = len(files), len(samples)
	r.Clips, r.OwnKinds = clips(samples, len(nets.names())), ownKinds(samples)
	if d.Labels[0].Line == 0 {
		return r
	}
	r.Detection, r.Pose, r.Eyes, r.Glasses = detection(samples), pose(samples), eyes(samples), glasses(samples)
	r.Matching, r.curves = matching(d, all, o.Split, nets, o.FPR)
	r.PAD = pad(all, o.Split, nets.names())
	r.Checks, r.Scores = checkTable(samples), scores(all)
	return r
}
