package lpproto

import "fmt"

// System codes, sent in the `error` header of ERROR.
const (
	CodeInternal     = 1000 // an estimator or the service itself failed
	CodeMalformed    = 1001 // no LPProto message, a bad header or an unknown command
	CodeBadImage     = 1002 // the image cannot be decoded
	CodeContentType  = 1003 // the content-type is not supported
	CodeVersion      = 1004 // the protocol version is not supported
	CodeNotConnected = 1005 // FRAME before CONNECT, or a second CONNECT
	CodeLockStep     = 1006 // FRAME while another one is being judged
	CodeSessionID    = 1007 // the session id is bad or busy
	CodeTooLarge     = 1008 // the message is too large
	CodeCapacity     = 1009 // the service is over its capacity
)

var codeNames = map[int]string{
	CodeInternal:     "internal error",
	CodeMalformed:    "malformed message",
	CodeBadImage:     "image cannot be decoded",
	CodeContentType:  "unsupported content-type",
	CodeVersion:      "unsupported protocol version",
	CodeNotConnected: "not connected",
	CodeLockStep:     "lock-step violation",
	CodeSessionID:    "bad or busy session-id",
	CodeTooLarge:     "message too large",
	CodeCapacity:     "over capacity",
}

// CodeName gives the words for a system code; a number that is none gives "code N".
func CodeName(code int) string {
	if name, ok := codeNames[code]; ok {
		return name
	}
	return fmt.Sprintf("code %d", code)
}

// StaysOpen reports whether the socket stays open after an ERROR with this code.
func StaysOpen(code int) bool {
	switch code {
	case CodeInternal, CodeBadImage, CodeContentType, CodeLockStep:
		return true
	}
	return false
}

// WebSocket close codes. The 1000 range is RFC 6455, the 4000 range ours.
const (
	CloseSuccess          = 1000
	CloseProtocol         = 1002
	CloseType             = 1003
	CloseTooLarge         = 1009
	CloseInternal         = 1011
	CloseAttempts         = 4001
	CloseLivenessAttempts = 4002
	CloseDifferentFace    = 4003
	CloseFakeSession      = 4004
	CloseSessionTimeout   = 4008
)

var closeReasons = map[int]string{
	CloseSuccess:          "success",
	CloseProtocol:         "protocol error",
	CloseType:             "unsupported data",
	CloseTooLarge:         "message too large",
	CloseInternal:         "internal error",
	CloseAttempts:         "attempts exceeded",
	CloseLivenessAttempts: "liveness attempts exceeded",
	CloseDifferentFace:    "different face",
	CloseFakeSession:      "fake session",
	CloseSessionTimeout:   "session timeout",
}

// CloseReason gives the reason text that goes with a close code; "" for any other number.
func CloseReason(code int) string { return closeReasons[code] }

// CloseCode gives the close code that follows an ERROR with this system code, for
// the codes that do not leave the socket open.
func CloseCode(system int) int {
	switch system {
	case CodeMalformed, CodeVersion, CodeNotConnected, CodeLockStep, CodeSessionID:
		return CloseProtocol
	case CodeBadImage, CodeContentType:
		return CloseType
	case CodeTooLarge:
		return CloseTooLarge
	}
	return CloseInternal
}

// Error is a fault in what the other side sent, with the system code that answers it.
type Error struct {
	Code   int    // one of the system codes
	Detail string // what was wrong, for a log; never sent
}

func (e *Error) Error() string {
	return fmt.Sprintf("lpproto: %s (%d): %s", CodeName(e.Code), e.Code, e.Detail)
}

func newError(code int, format string, args ...any) *Error {
	return &Error{Code: code, Detail: fmt.Sprintf(format, args...)}
}

func malformed(format string, args ...any) *Error {
	return newError(CodeMalformed, format, args...)
}
