// Package conflict recognises a failed compare-and-set in JetStream.
package conflict

import (
	"errors"

	"github.com/nats-io/nats.go/jetstream"
)

// Is reports whether a publish failed because the newest message was not the expected one. The broker has two error codes
// for it: one of single servers, one of replicated streams.
func Is(err error) bool {
	var api *jetstream.APIError
	if !errors.As(err, &api) {
		return false
	}
	return api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence ||
		api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant
}
