package main

import (
	"context"
	"fmt"
	"net"

	"github.com/kelseyhightower/envconfig"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/edge"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/settings"
)

// edgeFlags are the flags of processes that run an edge.
type edgeFlags struct {
	config   edge.Config
	settings string
	broker   string
}

func (f *edgeFlags) add(c *cobra.Command) error {
	if err := envconfig.Process("", &f.config); err != nil {
		return fmt.Errorf("environment: %w", err)
	}
	c.Flags().StringVar(&f.config.Addr, "addr", f.config.Addr, "address on which the edge listens (SELENE_ADDR)")
	c.Flags().StringVar(&f.settings, "settings", "", "settings document to store as the newest revision before starting")
	return nil
}

func upCommand(e *environment) (*cobra.Command, error) {
	f := &edgeFlags{}
	c := &cobra.Command{
		Use: "up", Short: "Run everything in one process, with an embedded broker", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return up(c, e, f) },
	}
	e.broker.flag(c)
	e.data.flag(c)
	e.workerFlags(c)
	e.broker.pluginsFlag(c)
	c.Flags().
		StringVar(&f.broker, "broker-addr", "", "address on which the embedded broker accepts other processes, such as 127.0.0.1:4222; empty = none")
	return c, f.add(c)
}

func edgeCommand(e *environment) (*cobra.Command, error) {
	f := &edgeFlags{}
	c := &cobra.Command{
		Use: "edge", Short: "Run an edge: the server of LPProto, the REST API and the web pages", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			conn, err := e.connect(c.Context(), streams.RoleEdge)
			if err != nil {
				return err
			}
			defer conn.Close()
			if err := f.storeSettings(c.Context(), conn); err != nil {
				return err
			}
			return runEdge(c.Context(), c, conn, e, f)
		},
	}
	e.broker.flag(c)
	e.data.flag(c)
	return c, f.add(c)
}

// up runs an embedded broker, unless one is named, around everything else.
func up(c *cobra.Command, e *environment, f *edgeFlags) error {
	if f.config.OpenLocally() {
		fmt.Fprintln(c.OutOrStdout(), "Sessions need no token, because only this machine can reach the edge; SELENE_SESSION_TOKENS=required asks for one.")
	}
	if e.api.URL == "" {
		e.api.URL = knownURL(f.config.Addr)
	}
	all := func(ctx context.Context, conn *streams.Conn) error {
		if err := f.storeSettings(ctx, conn); err != nil { // before the workers, which warn of what these settings ask for
			return err
		}
		group, ctx := errgroup.WithContext(ctx)
		group.Go(func() error { return runEdge(ctx, c, conn, e, f) })
		group.Go(func() error { return runParts(ctx, always(conn), e, partNames()...) })
		return group.Wait()
	}
	if e.broker.URL == "" {
		o := e.broker.options("up")
		var err error
		if o.Master, err = e.broker.Load(c.Context(), e.data.Path, true); err != nil {
			return err
		}
		return withBroker(c.Context(), e.embedded(f.broker), o, all)
	}
	conn, err := e.connect(c.Context(), streams.RoleAdmin)
	if err != nil {
		return err
	}
	defer conn.Close()
	return all(c.Context(), conn)
}

// storeSettings stores the document of --settings, if there is one, as the newest revision.
func (f *edgeFlags) storeSettings(ctx context.Context, conn *streams.Conn) error {
	if f.settings == "" {
		return nil
	}
	document, err := readSettings(f.settings)
	if err != nil {
		return err
	}
	_, err = settings.New(conn).Put(ctx, document)
	return err
}

func runEdge(ctx context.Context, c *cobra.Command, conn *streams.Conn, e *environment, f *edgeFlags) error {
	f.config.DataDir = e.data.Path
	token, generated, err := f.config.LoadAdminToken()
	if err != nil {
		return err
	}
	server, err := edge.New(ctx, conn, f.config)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", f.config.Addr)
	if err != nil {
		return fmt.Errorf(
			"listen on %s: %w (if another program uses it, choose another address with --addr or SELENE_ADDR)",
			f.config.Addr,
			err,
		)
	}
	if generated {
		fmt.Fprintf(c.OutOrStdout(), "The admin token, shown only once and kept in %s: %s\n", e.data.file("admin.token"), token)
	}
	password, err := server.FirstPassword(ctx)
	if err != nil {
		return err
	}
	if password != "" {
		fmt.Fprintf(
			c.OutOrStdout(),
			"The first user of %sadmin is %s; the password, shown only once: %s\n",
			pageURL(listener.Addr().String()),
			edge.FirstUser,
			password,
		)
	}
	fmt.Fprintf(c.OutOrStdout(), "Selene is at %s\n", pageURL(listener.Addr().String()))
	return server.Serve(ctx, listener)
}

// knownURL returns the URL of a server that listens on addr if that names the host and the port under which others reach it too, and
// "" if it does not.
func knownURL(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err != nil || host == "" || ip != nil && ip.IsUnspecified() || port == "0" {
		return ""
	}
	return "http://" + net.JoinHostPort(host, port)
}

// pageURL returns the URL under which a browser on this machine opens a server that listens on addr.
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
