package simulate

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/vision"
)

// Half is a half of the people. Limits are set on tune and reported on report.
type Half string

// The halves.
const (
	All    Half = "all"
	Tune   Half = "tune"
	Report Half = "report"
)

// Material is what actors are built from: measured clips, of which nothing changes after Load. It is safe for concurrent use.
type Material struct {
	Models *vision.Models
	People []*clip // of living people, from which somebody can be played
	Fakes  []*clip // of presentation attacks and altered faces, from which somebody can be played
	Unused []string

	lit bool // the settings have the light challenge
}

// Photo returns a frontal picture of a person, as JPEG, with their name, by number: any number is allowed. With fewer than two
// people the error wraps ErrNoMaterial.
func (m *Material) Photo(n int) (data []byte, identity string, err error) {
	if len(m.People) == 0 {
		return nil, "", fmt.Errorf("%w: a photo", ErrNoMaterial)
	}
	c := m.People[n%len(m.People)]
	data, err = c.picture(c.best())
	return data, c.identity, err
}

// best returns the rest frame nearest to the usual pose.
func (c *clip) best() int {
	return slices.MinFunc(c.home, func(i, j int) int { return cmp.Compare(c.strays(i), c.strays(j)) })
}

func (c *clip) strays(i int) float64 {
	f := c.frames[i]
	return square(f.Yaw-c.yaw) + square(f.Pitch-c.pitch) + square(f.Roll) - 100*f.Ear/c.eyes
}

func square(x float64) float64 { return x * x }

// Load reads the clips of a folder with labels.csv, and with actions/labels.csv, and measures those of a half with the models.
func Load(ctx context.Context, dir string, half Half, m *vision.Models, s *schemas.Settings, jobs int,
	progress func(done, of int),
) (*Material, error) {
	clips, err := index(dir)
	if err != nil {
		return nil, err
	}
	clips = slices.DeleteFunc(clips, func(c *clip) bool { return half != All && halfOf(c.identity) != half })
	out := &Material{Models: m, lit: s.LightChallenge.IsEnabled}
	usable := make([]bool, len(clips))
	var done atomic.Int32
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(jobs)
	for i, c := range clips {
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err := newMeasurer(m).load(filepath.Join(dir, c.file), c); err != nil {
				return fmt.Errorf("clip %s: %w", c.file, err)
			}
			usable[i] = len(c.frames) > 0 && c.learn(s)
			if progress != nil {
				progress(int(done.Add(1)), len(clips))
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	for i, c := range clips {
		switch {
		case !usable[i]:
			out.Unused = append(out.Unused, c.file)
		case c.fake:
			out.Fakes = append(out.Fakes, c)
		default:
			out.People = append(out.People, c)
		}
	}
	return out, nil
}

// index lists the clips of the folder.
func index(dir string) ([]*clip, error) {
	var out []*clip
	for _, below := range []string{"", "actions"} {
		f, err := os.Open(filepath.Join(dir, below, "labels.csv"))
		if os.IsNotExist(err) && below != "" {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("clips: %w; name a folder with labels.csv", err)
		}
		rows, err := csv.NewReader(f).ReadAll()
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("clips: %s: %w", f.Name(), err)
		}
		for _, row := range rows[1:] {
			if len(row) < 3 || !strings.HasPrefix(row[1], "video_") || row[1] == "video_mixed" || row[1] == "video_smallface" {
				continue
			}
			c := &clip{file: filepath.Join(below, row[0]), identity: row[2], fake: strings.HasPrefix(row[1], "video_fake")}
			if c.identity == "" {
				c.identity = strings.TrimSuffix(filepath.Base(row[0]), filepath.Ext(row[0]))
			}
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b *clip) int { return cmp.Compare(a.file, b.file) })
	return out, nil
}

// halfOf assigns a person, and every clip of them, to a half.
func halfOf(identity string) Half {
	h := fnv.New64a()
	h.Write([]byte("half " + identity))
	if h.Sum64()>>32%2 == 0 {
		return Tune
	}
	return Report
}

// Identities lists the people and victims of a half, nil when the folder cannot be read.
func Identities(dir string, half Half) (out []string) {
	clips, err := index(dir)
	if err != nil {
		return nil
	}
	for _, c := range clips {
		if halfOf(c.identity) == half && !slices.Contains(out, c.identity) {
			out = append(out, c.identity)
		}
	}
	return out
}
