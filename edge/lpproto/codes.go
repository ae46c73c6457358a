package lpproto

import (
	"fmt"

	"github.com/selene-liveness/selene/schemas"
)

// System codes, sent in the `error` header of ERROR. SystemCodes describes each.
const (
	CodeInternal     = schemas.SystemInternal
	CodeMalformed    = 1001
	CodeBadImage     = schemas.SystemUndecodable
	CodeContentType  = 1003
	CodeVersion      = 1004
	CodeNotConnected = 1005
	CodeLockStep     = 1006
	CodeSessionID    = 1007
	CodeTooLarge     = 1008
	CodeCapacity     = 1009
	CodeLockedOut    = 1010
	CodeQuota        = 1011
	CodeBusy         = 1012
	CodeEnded        = 1013
)

// SystemCode describes a system code.
type SystemCode struct {
	Number int
	Text   string // a few words; the reason of the close, if one follows
	Cause  string // what leads to it, for documentation
	Close  int    // the close code that follows; 0: the socket stays open
}

// SystemCodes lists all system codes in numeric order. What the code, the documentation and the client library know of
// them comes from here.
var SystemCodes = []SystemCode{
	{
		CodeInternal,
		"internal error",
		"internal error: the broker or the workers are unreachable, or no decision came in time; the frame may be sent again",
		0,
	},
	{CodeMalformed, "malformed message", "malformed message, bad header, unknown command", CloseProtocol},
	{
		CodeBadImage,
		"image cannot be decoded",
		"the image cannot be decoded, is truncated, has too many pixels, or would cost too much to decode",
		0,
	},
	{CodeContentType, "unsupported content-type", "unsupported content-type", 0},
	{CodeVersion, "unsupported protocol version", "unsupported protocol version", CloseProtocol},
	{CodeNotConnected, "not connected", "`FRAME` before `CONNECT`, or a second `CONNECT`", CloseProtocol},
	{CodeLockStep, "lock-step violation", "`FRAME` while another one is being judged", 0},
	{
		CodeSessionID,
		"bad or busy session-id",
		"the session ID is not a UUID, is live on another socket, or was erased; or its token or resume secret is missing, wrong or expired",
		CloseProtocol,
	},
	{CodeTooLarge, "message too large", "message too large", CloseTooLarge},
	{
		CodeCapacity,
		"over capacity",
		"too many sessions (in all, of the address or of the person), or no room or time for the frames of more",
		CloseInternal,
	},
	{CodeLockedOut, "locked out", "too many sessions of this person or address failed (settings `lockout`)", CloseLockedOut},
	{
		CodeQuota,
		"session too large",
		"the images of the session take more than `SELENE_BYTES_PER_SESSION`; the session has ended",
		CloseTooLarge,
	},
	{
		CodeBusy,
		"busy",
		"the frame has waited for 20 s: its address, its person or all clients send more than is judged; it may be sent again",
		0,
	},
	{
		CodeEnded,
		"session has ended",
		"the session has ended, and its ID cannot be used again (setting `session.reuse_ids`)",
		CloseProtocol,
	},
}

func systemCode(number int) (SystemCode, bool) {
	for _, c := range SystemCodes {
		if c.Number == number {
			return c, true
		}
	}
	return SystemCode{}, false
}

// CodeName returns the text of a system code, or "code N" for an unknown number.
func CodeName(code int) string {
	if c, ok := systemCode(code); ok {
		return c.Text
	}
	return fmt.Sprintf("code %d", code)
}

// StaysOpen reports whether the socket stays open after an ERROR with this code.
func StaysOpen(code int) bool {
	c, ok := systemCode(code)
	return ok && c.Close == 0
}

// CloseCode returns the close code that follows an ERROR with this system code. If that ERROR leaves the socket open, or
// the code is unknown, it returns CloseInternal: there is no other reason for the server to close.
func CloseCode(system int) int {
	if c, ok := systemCode(system); ok && c.Close != 0 {
		return c.Close
	}
	return CloseInternal
}
