package streamstest

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/selene-liveness/selene/streams"
)

// BrokerWithUsers starts a nats-server with the users of streams/README.md. It returns a function that returns the address for a user.
func BrokerWithUsers(t testing.TB) func(user string) string {
	t.Helper()
	_, here, _, _ := runtime.Caller(0)
	page, err := os.ReadFile(filepath.Join(filepath.Dir(here), "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, users, found := strings.Cut(string(page), "    authorization:")
	users, _, ends := strings.Cut(users, "\n    ] }\n")
	if !found || !ends {
		t.Fatal("streams/README.md does not list the users of a broker")
	}
	config := filepath.Join(t.TempDir(), "nats.conf")
	text := fmt.Sprintf(
		"listen: '127.0.0.1:-1'\nmax_payload: %d\njetstream: { store_dir: %q }\nauthorization:%s\n] }\n",
		streams.MaxPayload,
		t.TempDir(),
		os.Expand(users, func(variable string) string {
			if strings.HasSuffix(variable, "PASSWORD") {
				return "secret"
			}
			return "$" + variable
		}),
	)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := server.ProcessConfigFile(config)
	if err != nil {
		t.Fatal(err)
	}
	o.NoSigs, o.NoLog = true, true
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	go s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(Timeout) {
		t.Fatal("the broker does not come up")
	}
	return func(user string) string { return fmt.Sprintf("nats://%s:secret@%s", user, s.Addr()) }
}
