// Package simulate plays whole sessions without sockets: people who follow the requests, and attackers.
package simulate

import (
	"time"

	"github.com/selene-liveness/selene/schemas"
)

// Picture is a frame that an actor sends.
type Picture struct {
	Image []byte        // JPEG or PNG
	At    time.Duration // since the start of the session; later than the picture before
}

// Reply is the part of a decision that a client sees.
type Reply struct {
	Errors         []int32
	ActiveLiveness *schemas.ActiveLiveness // nil when no action is requested
	Face           *schemas.Rect           // nil when no face was found
	Display        string                  // colour that the page shows, #rrggbb; "" = none
}

// Actor plays one session, from one goroutine. All that is random in it comes from a seed it was created with.
type Actor interface {
	// Next returns the response to the last reply, which is empty before the first picture. The error is io.EOF when the
	// actor gives up.
	Next(last Reply) (Picture, error)
}
