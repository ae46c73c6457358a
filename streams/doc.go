// Package streams connects to NATS JetStream. It declares the streams, subjects, consumers and buckets as data, publishes and
// consumes messages, and follows streams. No package outside this directory spells out a subject.
package streams
