package lpproto

import (
	"strconv"
	"time"
)

// Bounds of the `heartbeat` header.
const (
	MinHeartbeat = 100 * time.Millisecond
	MaxHeartbeat = 60 * time.Second
)

// ConnectRequest is the content of a CONNECT.
type ConnectRequest struct {
	Heartbeat time.Duration // 0 = off, otherwise MinHeartbeat..MaxHeartbeat in whole milliseconds
	SessionID string        // as sent, not validated; "" = a new session
	Token     string        // of a session created over REST; "" = none

	ResumeSecret string // of the CONNECTED that opened SessionID without a token; "" = none

	// The client's description of its camera and itself, not validated; "" = unknown.
	Device       string // camera label
	Capabilities string // JSON
	Platform     string
}

// NewConnect builds a CONNECT.
func NewConnect(r ConnectRequest) Message {
	h := map[string]string{HeaderVersion: Version}
	if r.Heartbeat != 0 {
		h[HeaderHeartbeat] = strconv.FormatInt(r.Heartbeat.Milliseconds(), 10)
	}
	for name, value := range map[string]string{
		HeaderSessionID: r.SessionID, HeaderToken: r.Token, HeaderResumeSecret: r.ResumeSecret,
		HeaderDevice: r.Device, HeaderCapabilities: r.Capabilities, HeaderPlatform: r.Platform,
	} {
		if value != "" {
			h[name] = value
		}
	}
	return Message{Command: Connect, Headers: h}
}

// ConnectRequest reads the headers of a CONNECT. The error is an *Error:
// CodeVersion when the version is not "1.0" or missing, CodeMalformed when the
// heartbeat is neither 0 nor a whole number of milliseconds in range or the message is another command.
func (m Message) ConnectRequest() (ConnectRequest, error) {
	if m.Command != Connect {
		return ConnectRequest{}, malformed("%s is not CONNECT", m.Command)
	}
	if v := m.Header(HeaderVersion); v != Version {
		return ConnectRequest{}, newError(CodeVersion, "version is %.20q, must be %q", v, Version)
	}
	r := ConnectRequest{
		SessionID: m.Header(HeaderSessionID), Token: m.Header(HeaderToken), ResumeSecret: m.Header(HeaderResumeSecret),
		Device: m.Header(HeaderDevice), Capabilities: m.Header(HeaderCapabilities), Platform: m.Header(HeaderPlatform),
	}
	if s, ok := m.Headers[HeaderHeartbeat]; ok {
		ms, err := strconv.Atoi(s)
		if err != nil || ms != 0 && ms < int(MinHeartbeat.Milliseconds()) || ms > int(MaxHeartbeat.Milliseconds()) {
			return ConnectRequest{}, malformed("heartbeat is %.20q, allowed are 0 for none and %d to %d ms",
				s, MinHeartbeat.Milliseconds(), MaxHeartbeat.Milliseconds())
		}
		r.Heartbeat = time.Duration(ms) * time.Millisecond
	}
	return r, nil
}

// NewConnected builds the answer to a CONNECT. The secret, if any, is what resumes the session.
func NewConnected(sessionID, resumeSecret string) Message {
	h := map[string]string{HeaderVersion: Version, HeaderSessionID: sessionID}
	if resumeSecret != "" {
		h[HeaderResumeSecret] = resumeSecret
	}
	return Message{Command: Connected, Headers: h}
}

// NewFrame builds a FRAME; contentType is one of the Content constants and body the
// image in that encoding.
func NewFrame(contentType string, body []byte) Message {
	return Message{Command: Frame, Headers: map[string]string{HeaderContentType: contentType}, Body: body}
}

// NewStats builds a STATS; body is the JSON document.
func NewStats(body []byte) Message {
	return Message{Command: Stats, Headers: map[string]string{HeaderContentType: ContentJSON}, Body: body}
}

// NewSuccess builds a SUCCESS; token is a compact JWT.
func NewSuccess(token string) Message {
	return Message{Command: Success, Headers: map[string]string{HeaderContentType: ContentJWT}, Body: []byte(token)}
}

// NewError builds an ERROR; code is a system code.
func NewError(code int) Message {
	return Message{Command: Failure, Headers: map[string]string{HeaderError: strconv.Itoa(code)}}
}

// ErrorCode reads the system code of an ERROR. The error is an *Error with
// CodeMalformed when the message is not an ERROR or its header is not a number.
func (m Message) ErrorCode() (int, error) {
	if m.Command != Failure {
		return 0, malformed("%s is not ERROR", m.Command)
	}
	code, err := strconv.Atoi(m.Header(HeaderError))
	if err != nil {
		return 0, malformed("error header is %.20q, not a number", m.Header(HeaderError))
	}
	return code, nil
}

// NewHeartbeat builds a HEARTBEAT.
func NewHeartbeat() Message { return Message{Command: Heartbeat} }
