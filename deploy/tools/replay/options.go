// Package replay is an LPProto client over recorded pictures: it plays a video, a folder
// of images or one image to a server as a camera would, frame by frame in lock-step, and
// says what the server answered. With a Measurer it plays a cooperative person instead:
// it picks the frames that do what the server asks for.
package replay

import (
	"encoding/json"
	"time"

	"github.com/selene-liveness/selene/deploy/tools/terminal"
)

// Options say what is played, to whom and how.
type Options struct {
	Source string // a video file, a folder of images, or an image; see mediafile.Open
	URL    string // of the server: ws://host:port/ws or wss://...

	Fast bool    // every frame, as fast as replies come; else the source's pace, frames that are late are dropped
	FPS  float64 // above 0: resample to this rate; 0: as the source is (a folder: 10)
	Loop bool    // start the source again when it ends, until the server has judged
	Text bool    // send text messages with base64 instead of binary ones with raw images

	SessionID string        // resume or name a session; "" = the server names it
	Token     string        // that opens SessionID, where it was made over REST
	Heartbeat time.Duration // interval to ask of the server; 0 = none, else 100 ms to 60 s

	// Act, when set, plays a cooperative person: all frames are measured first (one at a
	// time, held in memory as JPEG), then each reply is answered with a frame that does what
	// it asks. It gives up after 1000 frames, unless Loop is set.
	Act Measurer
	// Reaction is how long the person takes, when Act is set, from being asked to do something to beginning it. Servers
	// take what comes sooner for a recording.
	Reaction time.Duration
	// Attack makes Source a folder of recordings of the person, and Act somebody who owns no more than these: each
	// request is answered by cutting to a moment that leads to what is asked.
	Attack bool

	// The callbacks may be nil. All are called from the goroutine of Run.
	OnReply    func(Reply)             // each STATS, SUCCESS and ERROR, and last CLOSED
	OnProgress func(terminal.Progress) // after each frame measured or sent
	OnWarning  func(string)            // what the user should know and did not ask, one line
}

// Reply is what the server said, as one JSON object a line.
type Reply struct {
	Command     string          `json:"command"`              // STATS, SUCCESS, ERROR or CLOSED
	Session     string          `json:"session"`              // session id
	Seq         int             `json:"seq"`                  // frames sent so far in this connection, this one included
	Errors      []int           `json:"errors,omitzero"`      // STATS: check codes, in the server's order
	Estimations json.RawMessage `json:"estimations,omitzero"` // STATS: as the server wrote it
	JWT         string          `json:"jwt,omitempty"`        // SUCCESS: compact token
	Error       int             `json:"error,omitempty"`      // ERROR: system code
	Code        int             `json:"code,omitempty"`       // CLOSED: WebSocket close code
	Reason      string          `json:"reason,omitempty"`     // CLOSED: the server's words, or ours when we closed
	MS          float64         `json:"ms"`                   // milliseconds from sending the frame to this
}

// commandClosed is the one command of a Reply that LPProto does not have.
const commandClosed = "CLOSED"

// Outcome says how the session ended.
type Outcome struct {
	Passed      bool        // SUCCESS came
	Session     string      // session id, "" when the connection failed before there was one
	JWT         string      // of SUCCESS
	Sent        int         // frames sent
	Dropped     int         // frames of the source that came too late to be sent
	Judged      int         // frames answered with STATS or SUCCESS
	Codes       map[int]int // frames per check code, of all STATS
	CloseCode   int         // of the WebSocket; 1000 when the source ended and we closed
	CloseReason string
}

// Exit codes of the command.
const (
	ExitPassed      = 0
	ExitEnvironment = 1 // usage or environment: nothing was judged to the end
	ExitNotPassed   = 2 // judged, and it did not pass
)

// ExitCode is the exit code for what Run returned.
func ExitCode(o Outcome, err error) int {
	switch {
	case err != nil:
		return ExitEnvironment
	case o.Passed:
		return ExitPassed
	}
	return ExitNotPassed
}
