package edge

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/selene-liveness/selene/edge/internal/gateway"
)

// The page names every variable, route and metric.
func TestReadme(t *testing.T) {
	page := string(must[[]byte](t)(os.ReadFile("README.md")))
	var names []string
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Config]()) {
		if name := field.Tag.Get("envconfig"); name != "" {
			names = append(names, name)
		}
	}
	for _, route := range install(t, Config{}).edge.api.Routes() {
		names = append(names, route.Path[strings.LastIndexByte(strings.TrimSuffix(route.Path, "/{sequence}"), '/'):])
	}
	registry := prometheus.NewRegistry()
	gateway.NewMetrics(registry)
	for _, family := range must[[]*dto.MetricFamily](t)(registry.Gather()) {
		names = append(names, family.GetName())
	}
	for _, name := range names {
		if !strings.Contains(page, name) {
			t.Errorf("%s is not in README.md", name)
		}
	}
}
