// Package conformance holds a worker to the contract of workers/README.md. The worker is a process of its own, and the
// suite knows it by its name alone: it speaks to it through the broker, sends it signals, and reads its metrics.
//
//	go test ./test/conformance                                   the project's own workers and both examples
//	go test ./test/conformance -worker hats -command "bin/hats"  one of yours; the command runs in the root of the repository
//
// The process finds the broker's address in SELENE_NATS_URL, where to serve metrics in SELENE_METRICS_ADDR, and how many
// faces to judge at the same time in SELENE_CONCURRENCY.
package conformance
