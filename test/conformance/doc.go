// Package conformance tests a worker against the contract in workers/README.md. The worker is a separate process that the
// suite identifies only by name: it talks to it through the broker, sends it signals and reads its metrics.
//
//	go test ./test/conformance                                   the project's own workers and both examples
//	go test ./test/conformance -worker hats -command "bin/hats"  your own worker; the command runs in the root of the repository
//
// The process receives the broker's address in SELENE_NATS_URL, the address to serve metrics on in SELENE_METRICS_ADDR, and
// the number of faces to judge at the same time in SELENE_CONCURRENCY.
package conformance
