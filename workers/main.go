package workers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"github.com/kelseyhightower/envconfig"
	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/seal"
)

// program is the configuration of a worker that is a separate program.
type program struct {
	NATSURL     string         `envconfig:"NATS_URL" required:"true"`
	Credentials string         `envconfig:"NATS_CREDENTIALS"`
	TLS         streams.TLS    `envconfig:"NATS_TLS"`
	Concurrency int            `envconfig:"CONCURRENCY"`
	MetricsAddr string         `envconfig:"METRICS_ADDR"`
	Streams     streams.Limits `envconfig:"STREAMS"`
	seal.Source
}

// Main runs w until the process is interrupted or terminated. It ends the process with status 1 after an error.
// SELENE_NATS_URL is the URL of the broker, SELENE_NATS_CREDENTIALS the folder or file with the credentials of the role that has the
// worker's name, SELENE_CONCURRENCY the number of faces judged at the same time (by default one per
// core), SELENE_METRICS_ADDR the address that serves /metrics and /healthz (by default none); SELENE_STREAMS_… are the same as
// for all parts. A plugin needs no master key (SELENE_MASTER_KEY): without one its verdicts are stored as they are, and it cannot read
// frames, only faces.
func Main(w Worker) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := runProgram(ctx, w)
	stop()
	if err != nil {
		slog.Error("worker "+w.Name(), "error", err)
		os.Exit(1) //nolint:forbidigo // Main is the main function of a plugin
	}
}

func runProgram(ctx context.Context, w Worker) error {
	var p program
	if err := envconfig.Process("SELENE", &p); err != nil {
		return fmt.Errorf("environment: %w", err)
	}
	if p.Concurrency <= 0 {
		p.Concurrency = runtime.NumCPU()
	}
	master, err := p.Load(ctx, "", false)
	if err != nil && !errors.Is(err, seal.ErrNoMaster) {
		return err
	}
	conn, err := streams.Connect(ctx, streams.Options{
		URL: p.NATSURL, Name: w.Name(), Limits: p.Streams, Role: w.Name(), Credentials: p.Credentials, TLS: p.TLS, Master: master,
	})
	if err != nil {
		return err
	}
	defer conn.Close()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return Run(ctx, conn, w, Options{Concurrency: p.Concurrency}) })
	group.Go(func() error { return ServeMetrics(ctx, p.MetricsAddr) })
	return group.Wait()
}
