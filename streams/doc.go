// Package streams is the JetStream map: which streams, subjects, consumers and buckets there are, as declared data, and
// the means to publish to them and consume from them. Nothing outside this package spells a subject.
package streams
