package nats_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// Each service of the compose file runs with the credentials of its own roles and of no other, and the services make a whole
// installation.
func TestComposeGivesEachPartItsRole(t *testing.T) {
	text, err := os.ReadFile("../compose.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var compose struct {
		Services map[string]struct {
			Command     []string
			Environment map[string]string
			Secrets     []string
			Volumes     []string
		}
		Secrets map[string]struct{ File string }
	}
	if err := yaml.Unmarshal(text, &compose); err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := streams.WriteUsers(folder, nil); err != nil {
		t.Fatal(err)
	}
	started := map[string]bool{}
	for name, s := range compose.Services {
		var roles []string
		switch command := s.Command[0]; {
		case name == "nats":
			for _, file := range []string{"./nats/nats.conf:/etc/nats/nats.conf:ro", "./secrets/users.conf:/etc/nats/users.conf:ro", "./secrets/roles:/etc/nats/roles:ro"} {
				if !slices.Contains(s.Volumes, file) {
					t.Errorf("nats has no %s", file)
				}
			}
			if len(s.Secrets) > 0 {
				t.Errorf("nats has the credentials %v", s.Secrets)
			}
			continue
		case command == "broker":
			roles = []string{streams.RoleAdmin}
		case command == "worker":
			roles = s.Command[1:]
		default:
			roles = []string{command}
		}
		var want []string
		for _, role := range roles {
			started[role] = true
			want = append(want, role+".nk")
			if got := compose.Secrets[role+".nk"].File; got != "./secrets/"+role+".nk" {
				t.Errorf("the credentials of %s are %q", role, got)
			}
			if _, err := os.Stat(filepath.Join(folder, role+".nk")); err != nil {
				t.Errorf("%s: selene broker credentials does not write those of %s: %v", name, role, err)
			}
		}
		if !slices.Equal(s.Secrets, want) {
			t.Errorf("%s has the credentials %v, and runs %v", name, s.Secrets, roles)
		}
		for key, value := range map[string]string{"SELENE_NATS_URL": "nats://nats:4222", "SELENE_NATS_CREDENTIALS": "/run/secrets"} {
			if s.Environment[key] != value {
				t.Errorf("%s: %s is %q", name, key, s.Environment[key])
			}
		}
		if s.Environment["SELENE_MASTER_KEY"] == "" {
			t.Errorf("%s has no master key", name)
		}
	}
	needed := []string{streams.RoleEdge, schemas.WorkerDetector, "decider", "video"}
	for _, w := range schemas.DefaultSettings().Workers {
		needed = append(needed, w.Name)
	}
	for _, role := range needed {
		if !started[role] {
			t.Errorf("no service runs %s", role)
		}
	}
}
