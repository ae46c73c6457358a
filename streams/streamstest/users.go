package streamstest

import (
	"testing"

	"github.com/selene-liveness/selene/streams"
)

// Roles runs a broker that listens, with the built-in roles and these plugins, and creates the streams. It returns a function that
// returns the options of a connection as a role.
func Roles(t testing.TB, plugins ...string) func(role string) streams.Options {
	t.Helper()
	folder := t.TempDir()
	b, err := streams.NewBroker(streams.BrokerOptions{Dir: t.TempDir(), Addr: "127.0.0.1:0", Credentials: folder, Plugins: plugins})
	if err != nil {
		t.Fatal(err)
	}
	Go(t, b.Run)
	conn, err := streams.Connect(Context(t), streams.Options{Broker: b, Master: Master()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return func(role string) streams.Options {
		return streams.Options{URL: b.URL(), Name: role, Credentials: streams.CredentialsFile(folder, role), Master: Master()}
	}
}

// As returns a connection as a role, which is closed when the test ends.
func As(t testing.TB, o streams.Options) *streams.Conn {
	t.Helper()
	open := streams.Connect
	if o.Name == streams.RoleRuns {
		open = streams.ConnectForRuns
	}
	conn, err := open(Context(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}
