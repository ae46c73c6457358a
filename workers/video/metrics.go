package video

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// The results of an attempt to make a video.
const (
	madeSuccess  = "success"
	madeError    = "error"
	madeCanceled = "canceled"
	madeCrashed  = "crashed" // the encoder process died; it is tried again
	madeRetried  = "retried" // it failed for another reason, and is tried again
)

var (
	jobs = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "selene_video_jobs_total", Help: "Attempts to make the video of a session or an export, by result.",
	}, []string{"kind", "result"})
	jobSeconds = promauto.NewHistogramVec(prometheus.HistogramOpts{
		Name: "selene_video_seconds", Help: "Time from reading the first frame to the end of the encoder.",
		Buckets: []float64{.1, .2, .5, 1, 2, 5, 10, 20, 60, 120, 300, 600, 1800},
	}, []string{"kind"})
	peakRSS = promauto.NewHistogram(prometheus.HistogramOpts{
		Name: "selene_video_encoder_peak_bytes", Help: "Peak memory of an encoder process.",
		Buckets: prometheus.ExponentialBuckets(32<<20, 1.5, 10),
	})
	frameCount = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "selene_video_frames_total", Help: "Frames of finished videos: encoded, or skipped because they could not be decoded.",
	}, []string{"result"})
)

// prepareMetrics creates every counter, so that all are exported from the start.
func prepareMetrics() {
	for k := range kinds {
		for _, r := range []string{madeSuccess, madeError, madeCanceled, madeCrashed, madeRetried} {
			jobs.WithLabelValues(k.String(), r)
		}
		jobSeconds.WithLabelValues(k.String())
	}
	frameCount.WithLabelValues("encoded")
	frameCount.WithLabelValues("skipped")
}
