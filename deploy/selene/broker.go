package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/settings"
)

func (b *brokerAccess) flag(c *cobra.Command) {
	c.Flags().StringVar(&b.URL, "nats", b.URL, "address of the broker (SELENE_NATS_URL)")
}

// connect connects as a role to the broker that SELENE_NATS_URL names, with the master key of the environment or the data folder.
func (e *environment) connect(ctx context.Context, role string) (*streams.Conn, error) {
	o, err := e.access(role)
	if err != nil {
		return nil, err
	}
	if o.Master, err = e.broker.Load(ctx, e.data.Path, false); err != nil {
		return nil, err
	}
	return streams.Connect(ctx, o)
}

// access returns the options of a connection as a role to the broker that SELENE_NATS_URL names.
func (e *environment) access(role string) (streams.Options, error) {
	o := e.broker.options(role)
	if e.broker.URL == "" {
		return o, errors.New(
			"no broker address: set SELENE_NATS_URL or --nats, for instance to nats://127.0.0.1:4222 when `selene broker` is running",
		)
	}
	o.URL, o.TLS, o.Role, o.Credentials = e.broker.URL, e.broker.TLS, role, e.broker.Creds
	if file := streams.CredentialsFile(e.credentials(), role); o.Credentials == "" && e.broker.local() {
		if _, err := os.Stat(file); err == nil {
			o.Credentials = file
		}
	}
	return o, nil
}

// credentials returns the folder of the credentials that an embedded broker makes.
func (e *environment) credentials() string { return e.data.file("nats") }

// local reports whether the broker is on this machine.
func (b *brokerAccess) local() bool {
	u, err := url.Parse(b.URL)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

func (b *brokerAccess) options(name string) streams.Options {
	return streams.Options{Name: "selene " + name, Limits: b.Streams, Media: b.Media}
}

// embedded returns the options of a broker of this process that listens on addr, unless that is empty.
func (e *environment) embedded(addr string) streams.BrokerOptions {
	return streams.BrokerOptions{
		Dir: e.data.file("broker"), Addr: addr, Credentials: e.credentials(), Plugins: e.broker.Plugins, TLS: e.broker.TLS,
		Sync: e.broker.Sync,
	}
}

// brokerStart limits how long an embedded broker may take to become ready.
const brokerStart = 20 * time.Second

// withBroker runs an embedded broker, and use with a connection to it, made with o. The broker outlives ctx until use has returned, so
// that work in progress can still be stored.
func withBroker(ctx context.Context, b streams.BrokerOptions, o streams.Options, use func(context.Context, *streams.Conn) error) error {
	broker, err := streams.NewBroker(b)
	if err != nil {
		return err
	}
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	var group errgroup.Group
	group.Go(func() error { return broker.Run(serving) })
	group.Go(func() error {
		defer stop()
		wait, cancel := context.WithTimeout(ctx, brokerStart)
		defer cancel()
		o.Broker = broker
		conn, err := streams.Connect(wait, o)
		if err != nil {
			return err
		}
		defer conn.Close()
		if b.Addr != "" {
			defer offer(serving, conn.ServeFlush)()
		}
		return use(ctx, conn)
	})
	return group.Wait()
}

// offer runs a service until stop is called, which waits for its end.
func offer(ctx context.Context, serve func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error, 1)
	go func() { done <- serve(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			slog.Warn("serve other processes", "error", err)
		}
	}
}

func brokerCommand(e *environment) *cobra.Command {
	addr := "127.0.0.1:4222"
	c := &cobra.Command{
		Use: "broker", Short: "Run the embedded broker by itself, for trials; in production, run nats-server", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			o := e.broker.options("broker")
			// The other processes of a trial find the key in the same folder. The broker itself has no use for it.
			if _, err := e.broker.Load(c.Context(), e.data.Path, true); err != nil {
				return err
			}
			return withBroker(c.Context(), e.embedded(addr), o, func(ctx context.Context, conn *streams.Conn) error {
				at := conn.Embedded().URL()
				if _, err := settings.New(conn).Newest(ctx, ""); err != nil { // the defaults: not every role may store them
					return err
				}
				fmt.Fprintf(
					c.OutOrStdout(),
					"The broker listens at %s. In other processes, set SELENE_NATS_URL=%s and SELENE_NATS_CREDENTIALS=%s\n",
					at, at, e.credentials(),
				)
				<-ctx.Done()
				return nil
			})
		},
	}
	e.data.flag(c)
	e.broker.pluginsFlag(c)
	c.Flags().StringVar(&addr, "addr", addr, "address to listen on")
	c.AddCommand(brokerStreamsCommand(e), brokerCredentialsCommand(e))
	return c
}

func (b *brokerAccess) pluginsFlag(c *cobra.Command) {
	c.Flags().StringSliceVar(&b.Plugins, "plugins", b.Plugins, "plugins for which there is a role (SELENE_PLUGINS)")
}

func brokerStreamsCommand(e *environment) *cobra.Command {
	c := &cobra.Command{
		Use: "streams", Short: "Create or change the streams on a nats-server, as the role admin", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			conn, err := e.connect(c.Context(), streams.RoleAdmin)
			if err != nil {
				return err
			}
			defer conn.Close()
			_, err = settings.New(conn).Newest(c.Context(), "")
			return err
		},
	}
	e.broker.flag(c)
	e.data.flag(c)
	return c
}

func brokerCredentialsCommand(e *environment) *cobra.Command {
	c := &cobra.Command{
		Use: "credentials [FOLDER]", Args: cobra.MaximumNArgs(1),
		Short: "Create the credentials of the roles, and the users that a nats-server includes in its configuration",
		RunE: func(c *cobra.Command, args []string) error {
			folder := e.credentials()
			if len(args) > 0 {
				folder = args[0]
			}
			if err := streams.WriteUsers(folder, e.broker.Plugins); err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "Include %s in the authorization of nats-server, and give each process the file of its role, such as %s\n",
				filepath.Join(folder, streams.UsersFile), streams.CredentialsFile(folder, streams.RoleEdge))
			return nil
		},
	}
	e.data.flag(c)
	e.broker.pluginsFlag(c)
	return c
}
