package lpproto

// Close codes of the WebSocket. The 1000 range is RFC 6455, the 4000 range is LPProto's. Closes describes each.
const (
	CloseSuccess          = 1000
	CloseProtocol         = 1002
	CloseSlow             = 1008
	CloseTooLarge         = 1009
	CloseInternal         = 1011
	CloseRestart          = 1012
	CloseAttempts         = 4001
	CloseLivenessAttempts = 4002
	CloseDifferentFace    = 4003
	CloseFakeSession      = 4004
	CloseActionsFailed    = 4005
	CloseDuration         = 4006
	CloseNotMeasured      = 4007
	CloseSessionTimeout   = 4008
	CloseLockedOut        = 4009
)

// Close describes a close code.
type Close struct {
	Number int
	Reason string // sent with the code, unless there is a more precise one
	Cause  string // what leads to it, for documentation
}

// Closes lists all close codes that a server sends, in numeric order. What the code, the documentation and the client
// library know of them comes from here.
var Closes = []Close{
	{CloseSuccess, "success", "the session passed; `SUCCESS` came before"},
	{CloseProtocol, "protocol error", "follows an `ERROR`; or no `CONNECT` came in time; or the session went live on another socket"},
	{CloseSlow, "the client reads too slowly", "the client does not read its replies"},
	{CloseTooLarge, "message too large", "follows an `ERROR`"},
	{CloseInternal, "internal error", "follows an `ERROR`; the session cannot go on"},
	{CloseRestart, "this instance is shutting down, connect again", "this instance is shutting down; connect again with the session ID"},
	{CloseAttempts, "attempts exceeded", "the session failed: too many frames"},
	{CloseLivenessAttempts, "liveness attempts exceeded", "the session failed: too many frames were judged for liveness"},
	{CloseDifferentFace, "different face", "the session failed: the face changed"},
	{CloseFakeSession, "fake session", "the session failed: it was judged to be fake"},
	{CloseActionsFailed, "actions failed", "the session failed: too many requested actions were not done"},
	{CloseDuration, "session took too long", "the session failed: it took longer than `session.duration_seconds`"},
	{CloseNotMeasured, "not measured", "the session failed: nothing could measure what the settings ask for"},
	{CloseSessionTimeout, "session timeout", "the client was silent for `session.idle_seconds`, or sent no frame for longer than `session.duration_seconds`"},
	{CloseLockedOut, "locked out", "follows an `ERROR`; the reason says when to try again"},
}

// CloseReason returns the reason that is sent with a close code, or "" for an unknown number.
func CloseReason(code int) string {
	for _, c := range Closes {
		if c.Number == code {
			return c.Reason
		}
	}
	return ""
}
