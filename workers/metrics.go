package workers

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/selene-liveness/selene/streams"
)

var (
	messages = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "selene_worker_messages_total", Help: "Messages a worker handled, by result.",
	}, []string{"worker", "result"})
	durations = promauto.NewHistogramVec(prometheus.HistogramOpts{
		Name: "selene_worker_seconds", Help: "Time a worker spent on a message.",
		Buckets: []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 60, 600},
	}, []string{"worker"})
	inferences = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "selene_inferences_total", Help: "Runs of a model role by a worker.",
	}, []string{"worker", "role"})
)

// Observer returns a function for streams.Work that counts the messages of a worker. The counters exist from the start.
func Observer(worker string) func(result string, took time.Duration) {
	for _, r := range streams.Results {
		messages.WithLabelValues(worker, r)
	}
	return func(result string, took time.Duration) {
		messages.WithLabelValues(worker, result).Inc()
		durations.WithLabelValues(worker).Observe(took.Seconds())
	}
}

// Inferences returns the counter of a worker's runs of a model role.
func Inferences(worker, role string) prometheus.Counter {
	return inferences.WithLabelValues(worker, role)
}
