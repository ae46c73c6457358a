package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"

	"github.com/kelseyhightower/envconfig"
	"github.com/spf13/cobra"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/media"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/filelog"
	"github.com/selene-liveness/selene/workers/video/announce"
	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/vision/modelstore"
)

// process is what the environment says of this process. Flags win over it.
type process struct {
	NATSURL     string         `envconfig:"NATS_URL" desc:"address of the broker; up runs one of its own without it"`
	Data        string         `envconfig:"DATA" default:"./data" desc:"folder for the embedded broker's streams and generated keys"`
	Models      string         `envconfig:"MODELS" desc:"folder of the model packs"`
	Pack        string         `envconfig:"PACK" desc:"model pack: zoo, base or one of your own; the best that is there when empty"`
	Library     string         `envconfig:"ONNXRUNTIME" desc:"path of libonnxruntime.so"`
	Threads     int            `envconfig:"THREADS" default:"1" desc:"threads of one inference"`
	Concurrency int            `envconfig:"CONCURRENCY" desc:"messages a worker handles at the same time; 0 = one a core"`
	Videos      int            `envconfig:"VIDEO_JOBS" default:"1" desc:"videos and exports made at the same time, each by a process of its own"`
	VideoThread int            `envconfig:"VIDEO_THREADS" default:"2" desc:"encoder threads of one video"`
	MetricsAddr string         `envconfig:"METRICS_ADDR" desc:"where a process without an edge serves /metrics and /healthz; empty = nowhere"`
	URL         string         `envconfig:"URL" default:"http://127.0.0.1:8321" desc:"the installation that client commands talk to, and where those who are told of videos fetch them"`
	AdminToken  string         `envconfig:"ADMIN_TOKEN" desc:"token of /v1; generated and kept in the data folder when empty"`
	Streams     streams.Limits `envconfig:"STREAMS"`
	Media       media.Config   `envconfig:"MEDIA"`
	FileLog     filelog.Config `envconfig:"FILELOG"`

	VideoHook     announce.Hook `envconfig:"VIDEO_HOOK"`
	PublicHooks   bool          `envconfig:"WEBHOOKS_PUBLIC_ONLY" default:"false" desc:"true = webhooks of events and exports are posted to public addresses alone, past any proxy, and to none of this machine and its networks"`
	WebhookSecret string        `envconfig:"WEBHOOK_SECRET" desc:"signs what is posted to hooks and webhooks; empty = not signed"`
}

const envPrefix = "SELENE"

func loadProcess() (*process, error) {
	p := &process{}
	if err := envconfig.Process(envPrefix, p); err != nil {
		return nil, fmt.Errorf("environment: %w", err)
	}
	if p.Concurrency <= 0 {
		p.Concurrency = runtime.NumCPU()
	}
	return p, nil
}

// workerFlags are the flags of processes that run models.
func (p *process) workerFlags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&p.Pack, "pack", p.Pack, "model pack: zoo, base or one of your own (SELENE_PACK)")
	f.StringVar(&p.Models, "models", p.Models, "folder of the model packs (SELENE_MODELS)")
	f.IntVar(&p.Concurrency, "concurrency", p.Concurrency, "messages each worker handles at the same time (SELENE_CONCURRENCY)")
	f.IntVar(&p.Threads, "threads", p.Threads, "threads of one inference (SELENE_THREADS)")
}

func (p *process) natsFlag(c *cobra.Command) {
	c.Flags().StringVar(&p.NATSURL, "nats", p.NATSURL, "address of the broker (SELENE_NATS_URL)")
}

func (p *process) dataFlag(c *cobra.Command) {
	c.Flags().StringVar(&p.Data, "data", p.Data, "folder for streams and generated keys (SELENE_DATA)")
}

func (p *process) options() workers.Options {
	return workers.Options{Concurrency: p.Concurrency, Version: version()}
}

// connect reaches the broker that SELENE_NATS_URL names.
func (p *process) connect(ctx context.Context, name string) (*streams.Conn, error) {
	if p.NATSURL == "" {
		return nil, errors.New("which broker? Set SELENE_NATS_URL or --nats, for instance nats://127.0.0.1:4222 with `selene broker` running")
	}
	return streams.Connect(ctx, streams.Options{URL: p.NATSURL, Name: "selene " + name, Limits: p.Streams, Media: p.Media})
}

func (p *process) modelsDir() string {
	if p.Models != "" {
		return p.Models
	}
	return modelstore.Dir()
}

// pack is the name of the pack to use, and a remark the user should see, if any.
func (p *process) pack() (name, remark string) {
	if p.Pack != "" {
		return p.Pack, ""
	}
	if _, err := os.Stat(filepath.Join(p.modelsDir(), "zoo", "pack.json")); err == nil {
		return "zoo", ""
	}
	return "base", "model pack base: without passive liveness, active liveness carries the decision (`selene models pull zoo` gets the stronger pack)"
}

// openModels opens the roles of the chosen pack.
func (p *process) openModels(roles ...vision.Role) (*vision.Models, error) {
	name, remark := p.pack()
	if remark != "" {
		slog.Warn(remark)
	}
	library := p.Library
	if library == "" {
		library = modelstore.LibraryPath(p.modelsDir())
	}
	m, err := vision.Open(vision.Config{Library: library, Pack: filepath.Join(p.modelsDir(), name), IntraThreads: p.Threads}, roles...)
	if err != nil {
		return nil, fmt.Errorf("model pack %s: %w", name, err)
	}
	return m, nil
}
