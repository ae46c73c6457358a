// Package pipeline tests the way of a frame through detector, judges and decider in one process, without an edge.
package pipeline
