// Package pipeline tests how a frame travels through detector, judging workers and decider in one process, without an edge.
package pipeline
