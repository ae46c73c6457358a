package gateway

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/selene-liveness/selene/edge/lpproto"
)

// Metrics of a gateway. No label is per session.
type Metrics struct {
	frames  *prometheus.CounterVec
	errors  *prometheus.CounterVec
	again   prometheus.Counter
	open    prometheus.Gauge
	waiting prometheus.Gauge
	locked  prometheus.Counter
	seconds prometheus.Histogram
}

// NewMetrics registers the metrics of one gateway. Every counter exists from the start.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		frames: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "selene_edge_frames_total", Help: "Frames answered, by the kind of the reply.",
		}, []string{"reply"}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "selene_edge_errors_total", Help: "ERROR messages sent, by system code.",
		}, []string{"code"}),
		again: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "selene_edge_frames_republished_total", Help: "Frames published again because no decision came in time.",
		}),
		locked: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "selene_edge_lockouts_total", Help: "Lock-outs of people and addresses whose sessions failed too often.",
		}),
		open: prometheus.NewGauge(prometheus.GaugeOpts{Name: "selene_edge_sessions_open", Help: "Sockets that are open now."}),
		waiting: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "selene_edge_frames_waiting", Help: "Frames that wait for their turn to be judged.",
		}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "selene_edge_frame_seconds", Help: "From the last byte of a frame to its reply.",
			Buckets: []float64{.01, .02, .03, .05, .075, .1, .15, .2, .3, .5, 1, 2, 5, 10},
		}),
	}
	r.MustRegister(m.frames, m.errors, m.again, m.open, m.waiting, m.locked, m.seconds)
	for _, c := range []lpproto.Command{lpproto.Stats, lpproto.Success, lpproto.Failure} {
		m.frames.WithLabelValues(string(c))
	}
	for _, c := range lpproto.SystemCodes {
		m.errors.WithLabelValues(strconv.Itoa(c.Number))
	}
	return m
}

func (m *Metrics) answered(c lpproto.Command, received time.Time) {
	m.frames.WithLabelValues(string(c)).Inc()
	m.seconds.Observe(time.Since(received).Seconds())
}

func (m *Metrics) failure(code int) { m.errors.WithLabelValues(strconv.Itoa(code)).Inc() }
