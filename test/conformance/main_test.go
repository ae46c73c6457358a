package conformance

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/vision/modelstore"
)

var (
	onlyWorker = flag.String("worker", "", "name of the one worker to test")
	command    = flag.String("command", "", "what starts it, from the root of the repository; empty = bin/selene worker NAME")

	programs string // folder of what was built
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(func() int {
		var err error
		if programs, err = os.MkdirTemp("", "selene-conformance-"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(programs)
		if *command == "" {
			for name, source := range map[string]string{"selene": "../../deploy/selene", "example": "../../workers/example"} {
				if out, err := exec.Command("go", "build", "-o", filepath.Join(programs, name), source).CombinedOutput(); err != nil {
					fmt.Fprintf(os.Stderr, "build %s: %v\n%s", name, err, out)
					return 1
				}
			}
		}
		return m.Run()
	}())
}

// subject is a worker under test.
type subject struct {
	name    string
	command []string
	missing string // what it would need here
}

// subjects lists this project's judging workers and the examples.
func subjects() []subject {
	if *command != "" {
		return []subject{{name: *onlyWorker, command: strings.Fields(*command)}}
	}
	var out []subject
	for _, name := range []string{
		schemas.WorkerLiveness, schemas.WorkerMatcher, schemas.WorkerActiveLiveness, schemas.WorkerVirtualCamera, schemas.WorkerImageModification,
		schemas.WorkerLightChallenge,
	} {
		s := subject{name: name, command: []string{filepath.Join(programs, "selene"), "worker", name}}
		if _, err := os.Stat(filepath.Join(modelstore.Dir(), "base", "pack.json")); err != nil {
			s.missing = "no model pack is there (`make models`)"
		}
		out = append(out, s)
	}
	out = append(out, subject{name: "hats", command: []string{filepath.Join(programs, "example")}})
	node := subject{name: "steady-light", command: []string{"node", "workers/example/node/worker.mjs"}}
	_, parts := os.Stat("../../workers/example/node/node_modules/.package-lock.json")
	if _, err := exec.LookPath("node"); err != nil || parts != nil {
		node.missing = "Node or its npm parts are not there (`make setup`)"
	}
	return append(out, node)
}

func TestWorkers(t *testing.T) {
	for _, s := range subjects() {
		if *onlyWorker != "" && s.name != *onlyWorker {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			if s.missing != "" {
				t.Skip(s.missing)
			}
			t.Parallel()
			conform(t, s)
		})
	}
}
