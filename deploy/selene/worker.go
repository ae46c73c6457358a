package main

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/activeliveness"
	"github.com/selene-liveness/selene/workers/decider"
	"github.com/selene-liveness/selene/workers/detector"
	"github.com/selene-liveness/selene/workers/filelog"
	"github.com/selene-liveness/selene/workers/imagemodification"
	"github.com/selene-liveness/selene/workers/liveness"
	"github.com/selene-liveness/selene/workers/matcher"
	"github.com/selene-liveness/selene/workers/rerun"
	"github.com/selene-liveness/selene/workers/video"
	"github.com/selene-liveness/selene/workers/video/announce"
	"github.com/selene-liveness/selene/workers/virtualcamera"
	"github.com/selene-liveness/selene/workers/vision"
)

// part is a worker this binary has: the model roles it needs and what runs it.
type part struct {
	roles []vision.Role
	run   func(context.Context, *streams.Conn, *vision.Models, *process) error
}

var parts = map[string]part{
	schemas.WorkerDetector: {
		roles: []vision.Role{vision.RoleDetector, vision.RoleMesh, vision.RoleIris, vision.RolePose, vision.RoleEyeState, vision.RoleOcclusion},
		run: func(ctx context.Context, c *streams.Conn, m *vision.Models, p *process) error {
			registry := streams.NewRegistry(c)
			group, ctx := errgroup.WithContext(ctx)
			group.Go(func() error { return registry.Run(ctx) })
			group.Go(func() error { return detector.New(c, m, registry, p.options()).Run(ctx) })
			return group.Wait()
		},
	},
	schemas.WorkerLiveness: {
		roles: []vision.Role{vision.RoleAntispoof, vision.RoleDeepfake},
		run: func(ctx context.Context, c *streams.Conn, m *vision.Models, p *process) error {
			return workers.Run(ctx, c, liveness.New(m), p.options())
		},
	},
	schemas.WorkerMatcher: {
		roles: []vision.Role{vision.RoleDetector, vision.RoleDescriptor}, // the first finds the face of a reference
		run: func(ctx context.Context, c *streams.Conn, m *vision.Models, p *process) error {
			return matcher.Run(ctx, c, m, p.options())
		},
	},
	schemas.WorkerActiveLiveness: {
		run: func(ctx context.Context, c *streams.Conn, _ *vision.Models, p *process) error {
			return workers.Run(ctx, c, activeliveness.New(), p.options())
		},
	},
	schemas.WorkerVirtualCamera: {
		run: func(ctx context.Context, c *streams.Conn, _ *vision.Models, p *process) error {
			return workers.Run(ctx, c, virtualcamera.New(c, c), p.options())
		},
	},
	schemas.WorkerImageModification: {
		run: func(ctx context.Context, c *streams.Conn, _ *vision.Models, p *process) error {
			return workers.Run(ctx, c, imagemodification.New(c), p.options())
		},
	},
	rerun.Name: {
		run: func(ctx context.Context, c *streams.Conn, _ *vision.Models, p *process) error {
			return rerun.Serve(ctx, c, p.options())
		},
	},
	decider.Name: {
		run: func(ctx context.Context, c *streams.Conn, _ *vision.Models, _ *process) error {
			return decider.New(c).Run(ctx)
		},
	},
	filelog.Name: {
		run: func(ctx context.Context, c *streams.Conn, _ *vision.Models, p *process) error {
			where := p.FileLog
			if where.Dir == "" {
				where.Dir = filepath.Join(p.Data, "filelog")
			}
			return filelog.New(c, where, p.options()).Run(ctx)
		},
	},
	video.Name: {
		run: func(ctx context.Context, c *streams.Conn, _ *vision.Models, p *process) error {
			announcer, err := announce.New(c, announce.Options{Hook: p.VideoHook, Secret: p.WebhookSecret, URL: p.URL, Public: p.PublicHooks})
			if err != nil {
				return err
			}
			group, ctx := errgroup.WithContext(ctx)
			group.Go(func() error { return announcer.Run(ctx) })
			group.Go(func() error { return c.RunSweeper(ctx) })
			group.Go(func() error { return video.New(c, p.video()).Run(ctx) })
			return group.Wait()
		},
	},
}

func partNames() []string { return slices.Sorted(maps.Keys(parts)) }

// runParts runs the named workers on one connection until ctx is done. They share the models they have in common.
func (p *process) runParts(ctx context.Context, c *streams.Conn, names ...string) error {
	var roles []vision.Role
	for _, name := range names {
		roles = append(roles, parts[name].roles...)
	}
	var models *vision.Models
	if len(roles) > 0 {
		var err error
		if models, err = p.openModels(roles...); err != nil {
			return err
		}
		defer models.Close()
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, name := range names {
		group.Go(func() error {
			if err := parts[name].run(ctx, c, models, p); err != nil {
				return fmt.Errorf("worker %s: %w", name, err)
			}
			return nil
		})
	}
	return group.Wait()
}

func workerCommand(p *process) *cobra.Command {
	c := &cobra.Command{
		Use: "worker NAME...", Short: "Run workers: " + strings.Join(partNames(), ", "),
		Args: cobra.MatchAll(cobra.MinimumNArgs(1), func(_ *cobra.Command, args []string) error {
			for i, name := range args {
				if _, ok := parts[name]; !ok || slices.Contains(args[:i], name) {
					return fmt.Errorf("worker %q: must be one of %s, each once", name, strings.Join(partNames(), ", "))
				}
			}
			return nil
		}),
		ValidArgs: partNames(),
		RunE:      func(c *cobra.Command, args []string) error { return p.runWorkers(c.Context(), args...) },
	}
	p.natsFlag(c)
	p.workerFlags(c)
	p.metricsFlag(c)
	return c
}

func videoCommand(p *process) *cobra.Command {
	c := &cobra.Command{
		Use: "video", Short: "Run the worker that makes the videos of sessions, and exports", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return p.runWorkers(c.Context(), video.Name) },
	}
	p.natsFlag(c)
	p.metricsFlag(c)
	c.Flags().IntVar(&p.Videos, "jobs", p.Videos, "videos made at the same time, one process each (SELENE_VIDEO_JOBS)")
	c.Flags().IntVar(&p.VideoThread, "threads", p.VideoThread, "encoder threads of one video (SELENE_VIDEO_THREADS)")
	return c
}

func (p *process) metricsFlag(c *cobra.Command) {
	c.Flags().StringVar(&p.MetricsAddr, "metrics", p.MetricsAddr, "serve /metrics and /healthz here (SELENE_METRICS_ADDR)")
}

// runWorkers runs the named workers in a process of their own.
func (p *process) runWorkers(ctx context.Context, names ...string) error {
	conn, err := p.connect(ctx, strings.Join(names, " "))
	if err != nil {
		return err
	}
	defer conn.Close()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.runParts(ctx, conn, names...) })
	group.Go(func() error { return workers.ServeMetrics(ctx, p.MetricsAddr) })
	return group.Wait()
}
