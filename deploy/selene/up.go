package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/kelseyhightower/envconfig"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/edge"
	"github.com/selene-liveness/selene/edge/account"
	"github.com/selene-liveness/selene/streams"
)

// edgeFlags are those of processes with an edge.
type edgeFlags struct {
	config   edge.Config
	settings string
	broker   string
}

func (e *edgeFlags) add(c *cobra.Command) error {
	if err := envconfig.Process("", &e.config); err != nil {
		return fmt.Errorf("environment: %w", err)
	}
	c.Flags().StringVar(&e.config.Addr, "addr", e.config.Addr, "where the edge listens (SELENE_ADDR)")
	c.Flags().StringVar(&e.settings, "settings", "", "settings document that becomes the newest revision before the start")
	return nil
}

func upCommand(p *process) (*cobra.Command, error) {
	e := &edgeFlags{}
	c := &cobra.Command{
		Use: "up", Short: "Run everything in one process on an embedded JetStream", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return p.up(c, e) },
	}
	p.natsFlag(c)
	p.dataFlag(c)
	p.workerFlags(c)
	c.Flags().StringVar(&e.broker, "broker-addr", "", "let other processes reach the embedded broker here, for instance 127.0.0.1:4222")
	return c, e.add(c)
}

func edgeCommand(p *process) (*cobra.Command, error) {
	e := &edgeFlags{}
	c := &cobra.Command{
		Use: "edge", Short: "Run an edge: LPProto, REST and the user page", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			conn, err := p.connect(c.Context(), "edge")
			if err != nil {
				return err
			}
			defer conn.Close()
			return p.runEdge(c.Context(), c, conn, e)
		},
	}
	p.natsFlag(c)
	p.dataFlag(c)
	return c, e.add(c)
}

// up runs the broker around everything else, so that what is under way at the end can still be stored.
func (p *process) up(c *cobra.Command, e *edgeFlags) error {
	if p.NATSURL != "" {
		conn, err := p.connect(c.Context(), "up")
		if err != nil {
			return err
		}
		defer conn.Close()
		return p.runAll(c, conn, e)
	}
	broker, err := streams.NewBroker(filepath.Join(p.Data, "broker"), e.broker)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(c.Context()))
	var group errgroup.Group
	group.Go(func() error { return broker.Run(ctx) })
	group.Go(func() error {
		defer stop()
		wait, cancel := context.WithTimeout(c.Context(), brokerStart)
		defer cancel()
		conn, err := streams.Connect(wait, streams.Options{Broker: broker, Name: "selene up", Limits: p.Streams, Media: p.Media})
		if err != nil {
			return err
		}
		defer conn.Close()
		return p.runAll(c, conn, e)
	})
	return group.Wait()
}

func (p *process) runAll(c *cobra.Command, conn *streams.Conn, e *edgeFlags) error {
	group, ctx := errgroup.WithContext(c.Context())
	group.Go(func() error { return p.runEdge(ctx, c, conn, e) })
	group.Go(func() error { return p.runParts(ctx, conn, partNames()...) })
	return group.Wait()
}

func (p *process) runEdge(ctx context.Context, c *cobra.Command, conn *streams.Conn, e *edgeFlags) error {
	if e.settings != "" {
		document, err := readSettings(e.settings)
		if err != nil {
			return err
		}
		if _, err := conn.PutSettings(ctx, document); err != nil {
			return err
		}
	}
	e.config.DataDir = p.Data
	token, drawn, err := e.config.LoadAdminToken()
	if err != nil {
		return err
	}
	door, err := edge.New(ctx, conn, e.config)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", e.config.Addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w (is something running there? --addr or SELENE_ADDR chooses another address)", e.config.Addr, err)
	}
	if drawn {
		fmt.Fprintf(c.OutOrStdout(), "The admin token, shown this once and kept in %s: %s\n", filepath.Join(p.Data, "admin.token"), token)
	}
	password, err := door.FirstPassword(ctx)
	if err != nil {
		return err
	}
	if password != "" {
		fmt.Fprintf(c.OutOrStdout(), "The first user of %sadmin is %s; the password, shown this once: %s\n", pageURL(listener.Addr().String()), account.FirstUser, password)
	}
	fmt.Fprintf(c.OutOrStdout(), "Selene is at %s\n", pageURL(listener.Addr().String()))
	return door.Serve(ctx, listener)
}

// pageURL is where a browser on this machine finds what listens on addr.
func pageURL(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "http://" + addr + "/"
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port) + "/"
}

// adminToken is the token for client commands: the one that was set, or one that an edge on this machine drew.
func (p *process) adminToken() (string, error) {
	if p.AdminToken != "" {
		return p.AdminToken, nil
	}
	path := filepath.Join(p.Data, "admin.token")
	kept, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("which admin token? Set SELENE_ADMIN_TOKEN or --token; there is none in %s either", path)
	}
	return strings.TrimSpace(string(kept)), nil
}
