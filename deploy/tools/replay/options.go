// Package replay sends recorded pictures over LPProto: it plays a video, a folder of images or one image to a server as a
// camera would, frame by frame in lock-step, and reports the server's replies. With a Measurer it plays a cooperative person
// instead, who responds to prompts with frames that perform the action.
package replay

import (
	"encoding/json"
	"time"

	"github.com/selene-liveness/selene/deploy/tools/terminal"
)

// Options select what is played, to which server and how.
type Options struct {
	Source string // a video file, a folder of images, or an image; see mediafile.Open
	URL    string // of the server: ws://host:port/ws or wss://...

	Fast bool    // every frame, as soon as the last reply arrives; otherwise at the source's pace, dropping late frames
	FPS  float64 // above 0: resample to this rate; 0: the rate of the source (a folder: 10)
	Loop bool    // start the source again when it ends, until the session has ended
	Text bool    // send text messages with base64 instead of binary ones with raw images

	SessionID string // session to open or resume; "" = the server chooses the ID
	Token     string // one-time token of SessionID, if it was created over REST
	// ResumeSecret resumes SessionID, if it was opened without a token; from the CLOSED before.
	ResumeSecret string
	Heartbeat    time.Duration // interval to ask the server for; 0 = none, otherwise 100 ms to 60 s

	// Act, when set, makes Run play a cooperative person: all frames are measured first (one at a time, kept in memory as
	// JPEG), then each prompt is answered with a frame that performs it. Run gives up after 1000 frames, unless Loop is set.
	Act Measurer
	// Reaction is the time from a prompt to the beginning of the response, when Act is set. Servers take a faster response for a
	// recording.
	Reaction time.Duration
	// Attack makes Source a folder of recordings of a person, and plays an attacker who has only these: each prompt is answered
	// by cutting to a moment that leads to the requested action.
	Attack bool

	// The callbacks may be nil. They are called from the goroutine of Run.
	OnReply    func(Reply)             // each STATS, SUCCESS and ERROR, and last CLOSED
	OnProgress func(terminal.Progress) // after each frame measured or sent
	OnWarning  func(string)            // a remark for the user, one line
}

// Reply is a message of the server, or the end of the connection.
type Reply struct {
	Command     string          `json:"command"`              // STATS, SUCCESS, ERROR or CLOSED
	Session     string          `json:"session"`              // session ID
	Seq         int             `json:"seq"`                  // frames sent so far on this connection, including this one
	Errors      []int           `json:"errors,omitzero"`      // STATS: check codes, in the server's order
	Estimations json.RawMessage `json:"estimations,omitzero"` // STATS: as the server wrote it
	JWT         string          `json:"jwt,omitempty"`        // SUCCESS: compact token
	Error       int             `json:"error,omitempty"`      // ERROR: system code
	Code        int             `json:"code,omitempty"`       // CLOSED: WebSocket close code
	Reason      string          `json:"reason,omitempty"`     // CLOSED: the server's reason, or ours when the client closed
	// CLOSED, if the session can go on: what resumes it
	ResumeSecret string  `json:"resume_secret,omitempty"`
	MS           float64 `json:"ms"` // milliseconds since the frame was sent
}

// commandClosed is the command of a Reply for the end of the connection; LPProto does not have it.
const commandClosed = "CLOSED"

// Outcome is the result of a session.
type Outcome struct {
	Passed      bool        // SUCCESS came
	Session     string      // session ID, "" when the connection failed before there was one
	JWT         string      // of SUCCESS
	Sent        int         // frames sent
	Dropped     int         // frames of the source that were too late to be sent
	Judged      int         // frames answered with STATS or SUCCESS
	Codes       map[int]int // frames per check code, of all STATS
	CloseCode   int         // of the WebSocket; 1000 when the source ended and the client closed
	CloseReason string
}

// Exit codes of the command.
const (
	ExitPassed      = 0
	ExitEnvironment = 1 // usage or environment: the session was not judged to its end
	ExitNotPassed   = 2 // judged, and it did not pass
)

// ExitCode returns the exit code for the results of Run.
func ExitCode(o Outcome, err error) int {
	switch {
	case err != nil:
		return ExitEnvironment
	case o.Passed:
		return ExitPassed
	}
	return ExitNotPassed
}
