package eval

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/selene-liveness/selene/deploy/tools/mediafile"
	"github.com/selene-liveness/selene/deploy/tools/terminal"
	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/workers/vision"
)

// step is the distance between the frames of a clip that are judged, because neighbouring frames are alike.
const step = 5

// collector judges the files of a dataset one after another.
type collector struct {
	nets    *networks
	judge   *judge
	paired  map[string]bool // files in pairs.csv
	decoder *vision.Decoder
	image   vision.Image
	found   []vision.Detection
	samples []*sample
}

func (c *collector) run(ctx context.Context, d *Dataset, progress func(terminal.Progress)) error {
	c.decoder = vision.NewDecoder(imagefile.MaxPixels)
	defer c.decoder.Close()
	for i, l := range d.Labels {
		part := func(of float64) {
			if progress != nil {
				progress(
					terminal.Progress{
						Stage:    "judging",
						Detail:   fmt.Sprintf("%d frames", len(c.samples)),
						Fraction: (float64(i) + of) / float64(len(d.Labels)),
					},
				)
			}
		}
		if err := c.file(ctx, d, l, part); err != nil {
			return fmt.Errorf("%s: %w", l.File, err)
		}
	}
	return nil
}

func (c *collector) file(ctx context.Context, d *Dataset, l Label, progress func(float64)) error {
	src, err := mediafile.Open(d.path(l), 0, false)
	if err != nil {
		return err
	}
	defer src.Close()
	clip := c.judge.open()
	for n := 0; ; n++ {
		t, err := src.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		regular := n%step == 0
		if !regular && t.PTS > l.Closed.To {
			continue
		}
		image, mediaType, err := src.Image()
		if err != nil {
			return err
		}
		s := &sample{label: l, at: t.PTS, extra: !regular}
		if s.seen, s.codes, err = clip.look(ctx, image, mediaType); err != nil {
			return fmt.Errorf("at %v: %w", t.PTS, err)
		}
		if err := c.more(s, image); err != nil {
			return fmt.Errorf("at %v: %w", t.PTS, err)
		}
		c.samples = append(c.samples, s)
		if whole := src.Duration(); whole > 0 {
			progress(min(1, float64(t.Until)/float64(whole)))
		}
	}
}

// more adds the liveness scores and the descriptor of the largest face.
func (c *collector) more(s *sample, image []byte) error {
	isMatch := s.at == 0 && (s.label.Identity != "" || c.paired[s.label.File])
	if s.extra || s.faces() == 0 || len(c.nets.each) == 0 && !isMatch {
		return nil
	}
	if err := c.decoder.Decode(image, &c.image); err != nil {
		return err
	}
	var err error
	if c.found, err = c.nets.all.Detect(&c.image, c.found); err != nil || len(c.found) == 0 {
		return err
	}
	if s.live, err = c.nets.liveness(&c.image, c.found[0]); err != nil {
		return err
	}
	if isMatch && c.nets.all.Has(vision.RoleDescriptor) {
		s.descriptor, err = c.nets.all.Describe(vision.Cut(&c.image, c.found[0], c.nets.all.DescriptorCrop(), nil), nil)
	}
	return err
}
