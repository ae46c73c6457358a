package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/hashes"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/sweep"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/activeliveness"
	"github.com/selene-liveness/selene/workers/decider"
	"github.com/selene-liveness/selene/workers/detector"
	"github.com/selene-liveness/selene/workers/filelog"
	"github.com/selene-liveness/selene/workers/imagemodification"
	"github.com/selene-liveness/selene/workers/lightchallenge"
	"github.com/selene-liveness/selene/workers/liveness"
	"github.com/selene-liveness/selene/workers/matcher"
	"github.com/selene-liveness/selene/workers/pictures"
	"github.com/selene-liveness/selene/workers/rerun"
	"github.com/selene-liveness/selene/workers/video"
	"github.com/selene-liveness/selene/workers/video/announce"
	"github.com/selene-liveness/selene/workers/virtualcamera"
	"github.com/selene-liveness/selene/workers/vision"
)

// part is a worker of this program: the model roles that it needs, whether it decodes pictures, and what runs it.
type part struct {
	roles   []vision.Role
	decodes bool
	run     func(context.Context, *streams.Conn, tools, *environment) error
}

// tools are what the workers of a process share. Each is nil unless some worker needs it.
type tools struct {
	models  *vision.Models
	decoder pictures.Decoder
}

var parts = map[string]part{
	schemas.WorkerDetector: {
		roles: []vision.Role{
			vision.RoleDetector,
			vision.RoleMesh,
			vision.RoleIris,
			vision.RolePose,
			vision.RoleEyeState,
			vision.RoleOcclusion,
		},
		decodes: true,
		run: func(ctx context.Context, c *streams.Conn, t tools, e *environment) error {
			registry := streams.NewRegistry(c)
			group, ctx := errgroup.WithContext(ctx)
			group.Go(func() error { return registry.Run(ctx) })
			group.Go(func() error { return detector.New(c, t.models, t.decoder, registry, e.workers.options()).Run(ctx) })
			return group.Wait()
		},
	},
	schemas.WorkerLiveness: {
		roles: []vision.Role{vision.RoleAntispoof, vision.RoleDeepfake},
		run: func(ctx context.Context, c *streams.Conn, t tools, e *environment) error {
			return workers.Run(ctx, c, liveness.New(t.models), e.workers.options())
		},
	},
	schemas.WorkerMatcher: {
		roles:   []vision.Role{vision.RoleDetector, vision.RoleDescriptor}, // the detector finds the face in a reference picture
		decodes: true,
		run: func(ctx context.Context, c *streams.Conn, t tools, e *environment) error {
			return matcher.Run(ctx, c, t.models, t.decoder, e.workers.options())
		},
	},
	schemas.WorkerActiveLiveness: {
		run: func(ctx context.Context, c *streams.Conn, _ tools, e *environment) error {
			return workers.Run(ctx, c, activeliveness.New(), e.workers.options())
		},
	},
	schemas.WorkerVirtualCamera: {
		decodes: true,
		run: func(ctx context.Context, c *streams.Conn, t tools, e *environment) error {
			return workers.Run(ctx, c, virtualcamera.New(sessions.New(c), t.decoder, hashes.New(c)), e.workers.options())
		},
	},
	schemas.WorkerImageModification: {
		decodes: true,
		run: func(ctx context.Context, c *streams.Conn, t tools, e *environment) error {
			return workers.Run(ctx, c, imagemodification.New(sessions.New(c), t.decoder), e.workers.options())
		},
	},
	schemas.WorkerLightChallenge: {
		run: func(ctx context.Context, c *streams.Conn, _ tools, e *environment) error {
			return workers.Run(ctx, c, lightchallenge.New(), e.workers.options())
		},
	},
	rerun.Name: {
		run: func(ctx context.Context, c *streams.Conn, _ tools, e *environment) error {
			return rerun.Serve(ctx, c, e.workers.options())
		},
	},
	decider.Name: {
		run: func(ctx context.Context, c *streams.Conn, _ tools, _ *environment) error {
			return decider.New(c).Run(ctx)
		},
	},
	filelog.Name: {
		run: func(ctx context.Context, c *streams.Conn, _ tools, e *environment) error {
			where := e.workers.FileLog
			if where.Dir == "" {
				where.Dir = e.data.file("filelog")
			}
			return filelog.New(c, where, e.workers.options()).Run(ctx)
		},
	},
	video.Name: {
		run: func(ctx context.Context, c *streams.Conn, _ tools, e *environment) error {
			announcer, err := announce.New(
				c,
				announce.Options{Hook: e.workers.VideoHook, Secret: e.workers.WebhookSecret, URL: e.api.URL, Private: e.workers.Hooks},
			)
			if err != nil {
				return err
			}
			group, ctx := errgroup.WithContext(ctx)
			group.Go(func() error { return announcer.Run(ctx) })
			group.Go(func() error { return sweep.New(c).Run(ctx) })
			group.Go(func() error { return video.New(c, e.workers.video()).Run(ctx) })
			return group.Wait()
		},
	},
}

func partNames() []string { return slices.Sorted(maps.Keys(parts)) }

// connector returns the connection of a worker, which is its own or shared with others.
type connector func(worker string) (*streams.Conn, error)

// always returns the same connection.
func always(c *streams.Conn) connector { return func(string) (*streams.Conn, error) { return c, nil } }

// runParts runs the named workers until ctx is done. They share one set of models, and the processes that decode pictures.
func runParts(ctx context.Context, connect connector, e *environment, names ...string) error {
	conns := make([]*streams.Conn, len(names))
	for i, name := range names {
		var err error
		if conns[i], err = connect(name); err != nil {
			return fmt.Errorf("worker %s: %w", name, err)
		}
	}
	var roles []vision.Role
	decodes := false
	for _, name := range names {
		roles = append(roles, parts[name].roles...)
		decodes = decodes || parts[name].decodes
	}
	var t tools
	if len(roles) > 0 {
		var err error
		if t.models, err = e.models.open(roles...); err != nil {
			return err
		}
		defer t.models.Close()
		if err := warn(ctx, conns[0], t.models, names...); err != nil {
			return err
		}
	}
	group, ctx := errgroup.WithContext(ctx)
	var working sync.WaitGroup
	if decodes {
		processes := pictures.NewProcesses(pictures.Options{
			Command: []string{thisProgram, decodeName}, Pictures: e.workers.Concurrency,
		})
		// Workers that end finish what is under way.
		decoding, stop := context.WithCancel(context.WithoutCancel(ctx))
		defer stop()
		group.Go(func() error { return processes.Run(decoding) })
		t.decoder = processes
		working.Add(len(names))
		group.Go(func() error {
			working.Wait()
			stop()
			return nil
		})
	}
	for i, name := range names {
		group.Go(func() error {
			if decodes {
				defer working.Done()
			}
			if err := parts[name].run(ctx, conns[i], t, e); err != nil {
				return fmt.Errorf("worker %s: %w", name, err)
			}
			return nil
		})
	}
	return group.Wait()
}

func workerCommand(e *environment) *cobra.Command {
	c := &cobra.Command{
		Use: "worker NAME...", Short: "Run workers: " + strings.Join(partNames(), ", "),
		Args: cobra.MatchAll(cobra.MinimumNArgs(1), func(_ *cobra.Command, args []string) error {
			for i, name := range args {
				if _, ok := parts[name]; !ok || slices.Contains(args[:i], name) {
					return fmt.Errorf("worker %q: use any of %s, each once", name, strings.Join(partNames(), ", "))
				}
			}
			return nil
		}),
		ValidArgs: partNames(),
		RunE:      func(c *cobra.Command, args []string) error { return runWorkers(c.Context(), e, args...) },
	}
	e.broker.flag(c)
	e.data.flag(c)
	e.workerFlags(c)
	e.workers.metricsFlag(c)
	return c
}

func videoCommand(e *environment) *cobra.Command {
	c := &cobra.Command{
		Use: "video", Short: "Run the worker that encodes the videos of sessions, and exports", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return runWorkers(c.Context(), e, video.Name) },
	}
	e.broker.flag(c)
	e.data.flag(c)
	e.workers.metricsFlag(c)
	c.Flags().
		IntVar(&e.workers.VideoJobs, "jobs", e.workers.VideoJobs, "videos encoded at the same time, each in a process of its own (SELENE_VIDEO_JOBS)")
	c.Flags().IntVar(&e.workers.VideoThreads, "threads", e.workers.VideoThreads, "encoder threads of one video (SELENE_VIDEO_THREADS)")
	return c
}

func (w *workerSettings) metricsFlag(c *cobra.Command) {
	c.Flags().
		StringVar(&w.MetricsAddr, "metrics", w.MetricsAddr, "address on which /metrics and /healthz are served; empty = not served (SELENE_METRICS_ADDR)")
}

// runWorkers runs the named workers on the broker that SELENE_NATS_URL names, each as its own role, and serves their metrics.
func runWorkers(ctx context.Context, e *environment, names ...string) error {
	var open []*streams.Conn
	defer func() {
		for _, conn := range open {
			conn.Close()
		}
	}()
	connect := func(worker string) (*streams.Conn, error) {
		conn, err := e.connect(ctx, worker)
		if err == nil {
			open = append(open, conn)
		}
		return conn, err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return runParts(ctx, connect, e, names...) })
	group.Go(func() error { return workers.ServeMetrics(ctx, e.workers.MetricsAddr) })
	return group.Wait()
}
