// Package eval runs labelled images and clips through a model pack and the detector, and says how good both are: how
// often faces are found, how well poses, eyes and glasses are told, how well faces are matched, how well presentation
// attacks are told from living people, and how every check of the detector does against the labels.
package eval

import (
	"context"

	"github.com/selene-liveness/selene/deploy/tools/terminal"
	"github.com/selene-liveness/selene/workers/vision"
)

// Options say what is evaluated.
type Options struct {
	Dataset string        // a folder with labels.csv, or clips and images without labels; see Load
	Labels  string        // file with more columns of labels.csv; "" = none
	Vision  vision.Config // the pack
	Split   Split         // what is reported; thresholds are always chosen on the half tune
	FPR     float64       // false positive rate, 0..1, that the threshold for matches is chosen for

	OnProgress func(terminal.Progress) // may be nil; called from the goroutine of Run
}

// Run judges every file of the dataset; of clips every fifth frame. A fault of the dataset is a *DatasetError.
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
