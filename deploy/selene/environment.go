package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"runtime"

	"github.com/kelseyhightower/envconfig"
	"github.com/spf13/cobra"

	"github.com/selene-liveness/selene/deploy/tools/rest"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/media"
	"github.com/selene-liveness/selene/streams/seal"
	"github.com/selene-liveness/selene/streams/webhook"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/filelog"
	"github.com/selene-liveness/selene/workers/video/announce"
)

// environment holds the configuration given by environment variables, in the parts that commands need. Flags override it.
type environment struct {
	broker  brokerAccess
	data    dataFolder
	models  modelFolder
	api     installation
	workers workerSettings
}

type brokerAccess struct {
	URL     string         `envconfig:"NATS_URL" desc:"address of the broker; without it, up runs an embedded one"`
	Creds   string         `envconfig:"NATS_CREDENTIALS" desc:"folder with the credentials of the roles, or the file of one; without it, the folder nats in the data folder is used for a broker on this machine"`
	TLS     streams.TLS    `envconfig:"NATS_TLS"`
	Plugins []string       `envconfig:"PLUGINS" desc:"plugins, separated by commas, for which the embedded broker has a role"`
	Sync    string         `envconfig:"SYNC" default:"always" desc:"whether an embedded broker flushes decisions and session events to the disk before a session passes: always, or interval for every two minutes"`
	Streams streams.Limits `envconfig:"STREAMS"`
	Media   media.Config   `envconfig:"MEDIA"`
	seal.Source
}

type dataFolder struct {
	Path string `envconfig:"DATA" default:"./data" desc:"folder for the embedded broker's streams and generated keys"`
}

type modelFolder struct {
	Path    string `envconfig:"MODELS" desc:"folder of the model packs"`
	Pack    string `envconfig:"PACK" desc:"model pack: zoo, base or one of your own; empty = the best one that is installed"`
	Library string `envconfig:"ONNXRUNTIME" desc:"path of libonnxruntime.so"`
	Threads int    `envconfig:"THREADS" default:"1" desc:"threads of one inference"`
}

type installation struct {
	URL        string `envconfig:"URL" desc:"address of the installation, for client commands (without it, http://127.0.0.1:8321) and for the links in notifications (without it, that on which up listens, or none: the links are relative)"`
	Client     string `ignored:"true"` // the URL at which client commands reach it
	AdminToken string `envconfig:"ADMIN_TOKEN" desc:"token of /v1; generated and kept in the data folder when empty"`
}

type workerSettings struct {
	Concurrency   int              `envconfig:"CONCURRENCY" desc:"messages a worker handles at the same time; 0 = one for each core"`
	MetricsAddr   string           `envconfig:"METRICS_ADDR" desc:"address on which a process without an edge serves /metrics and /healthz; empty = not served"`
	FileLog       filelog.Config   `envconfig:"FILELOG"`
	VideoJobs     int              `envconfig:"VIDEO_JOBS" default:"1" desc:"videos and exports encoded at the same time, each in a process of its own"`
	VideoThreads  int              `envconfig:"VIDEO_THREADS" default:"2" desc:"encoder threads of one video"`
	VideoHook     announce.Hook    `envconfig:"VIDEO_HOOK"`
	Hooks         webhook.Networks `envconfig:"WEBHOOKS_ALLOW" desc:"addresses and networks, separated by commas, that webhooks of exports may reach besides public addresses; no proxy is used"`
	WebhookSecret string           `envconfig:"WEBHOOK_SECRET" desc:"key that signs what is posted to hooks and webhooks; empty = not signed"`
}

// defaultURL is where client commands look for an installation: the default address of an edge.
const defaultURL = "http://127.0.0.1:8321"

const envPrefix = "SELENE"

func loadEnvironment() (*environment, error) {
	e := &environment{}
	for _, part := range []any{&e.broker, &e.data, &e.models, &e.api, &e.workers} {
		if err := envconfig.Process(envPrefix, part); err != nil {
			return nil, fmt.Errorf("environment: %w", err)
		}
	}
	if e.workers.Concurrency <= 0 {
		e.workers.Concurrency = runtime.NumCPU()
	}
	return e, nil
}

func (d *dataFolder) flag(c *cobra.Command) {
	c.Flags().StringVar(&d.Path, "data", d.Path, "folder for streams and generated keys (SELENE_DATA)")
}

func (d *dataFolder) file(name string) string { return filepath.Join(d.Path, name) }

// clientFlags adds the flags of commands that use the REST API of a running installation.
func (e *environment) clientFlags(c *cobra.Command) {
	f := c.PersistentFlags()
	f.StringVar(&e.api.Client, "url", cmp.Or(e.api.URL, defaultURL), "address of the installation (SELENE_URL)")
	f.StringVar(&e.api.AdminToken, "token", e.api.AdminToken, "admin token, or an API token, of the installation (SELENE_ADMIN_TOKEN)")
	f.StringVar(&e.data.Path, "data", e.data.Path, "data folder with the generated admin token of an edge on this machine (SELENE_DATA)")
}

// rest returns the client of the installation. Call it after the flags are parsed.
func (e *environment) rest() *rest.Client {
	return &rest.Client{URL: e.api.Client, Token: e.api.AdminToken, TokenFile: e.data.file("admin.token")}
}

// workerFlags adds the flags of processes that run models.
func (e *environment) workerFlags(c *cobra.Command) {
	e.models.flags(c)
	f := c.Flags()
	f.IntVar(
		&e.workers.Concurrency,
		"concurrency",
		e.workers.Concurrency,
		"messages each worker handles at the same time (SELENE_CONCURRENCY)",
	)
	f.IntVar(&e.models.Threads, "threads", e.models.Threads, "threads of one inference (SELENE_THREADS)")
}

func (w *workerSettings) options() workers.Options {
	return workers.Options{Concurrency: w.Concurrency, Version: version()}
}
