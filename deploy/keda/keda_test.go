package keda

import (
	"errors"
	"io"
	"os"
	"strconv"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// scaled holds the fields of a ScaledObject that the tests check.
type scaled struct {
	Kind string `yaml:"kind"`
	Spec struct {
		Target struct {
			Name string `yaml:"name"`
		} `yaml:"scaleTargetRef"`
		Least    int `yaml:"minReplicaCount"`
		Triggers []struct {
			Type     string            `yaml:"type"`
			Metadata map[string]string `yaml:"metadata"`
		} `yaml:"triggers"`
	} `yaml:"spec"`
}

// The consumers that KEDA scales by must be those that workers consume.
func TestScaledObjects(t *testing.T) {
	file, err := os.Open("workers.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	found := map[string]string{}
	for all := yaml.NewDecoder(file); ; {
		var o scaled
		if err := all.Decode(&o); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		if o.Kind != "ScaledObject" || len(o.Spec.Triggers) != 1 || o.Spec.Triggers[0].Type != "nats-jetstream" || o.Spec.Least < 1 {
			t.Fatalf("%+v", o)
		}
		m := o.Spec.Triggers[0].Metadata
		if o.Spec.Target.Name != "selene-"+m["consumer"] {
			t.Errorf("%s is scaled by consumer %s", o.Spec.Target.Name, m["consumer"])
		}
		if n, err := strconv.Atoi(m["lagThreshold"]); err != nil || n < 1 {
			t.Errorf("lagThreshold %q", m["lagThreshold"])
		}
		found[m["consumer"]] = m["stream"]
	}
	for worker, stream := range map[string]string{
		schemas.WorkerDetector: streams.Frames, schemas.WorkerLiveness: streams.Faces, schemas.WorkerMatcher: streams.Faces,
	} {
		if found[worker] != stream {
			t.Errorf("%s is scaled by stream %q, and consumes %s", worker, found[worker], stream)
		}
	}
}

func TestAutoscaler(t *testing.T) {
	data, err := os.ReadFile("hpa.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var o struct {
		Kind string `yaml:"kind"`
		Spec struct {
			Metrics []any `yaml:"metrics"`
		} `yaml:"spec"`
	}
	if err := yaml.Unmarshal(data, &o); err != nil || o.Kind != "HorizontalPodAutoscaler" || len(o.Spec.Metrics) != 1 {
		t.Errorf("%+v (%v)", o, err)
	}
}
