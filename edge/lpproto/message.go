// Package lpproto is the LPProto wire format: one WebSocket message holds a
// command line, `name:value` header lines, a blank line and a body.
//
// The package encodes and decodes bytes. It uses no sockets and keeps no state.
// Every function is safe for concurrent use.
package lpproto

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"
)

// Version is the only protocol version.
const Version = "1.0"

// Bounds of one message. MaxMessageBytes is for the reader of the socket;
// Parse itself enforces the header bounds.
const (
	MaxMessageBytes = 10 << 20
	MaxHeaderBytes  = 8 << 10 // command line and headers, up to the blank line
	MaxHeaders      = 32
)

// Command is the first line of a message.
type Command string

// The seven commands.
const (
	Connect   Command = "CONNECT"   // client to server, first
	Connected Command = "CONNECTED" // server to client, answers CONNECT
	Frame     Command = "FRAME"     // client to server, one image
	Stats     Command = "STATS"     // server to client, the frame did not end the session
	Success   Command = "SUCCESS"   // server to client, the session passed
	Failure   Command = "ERROR"     // server to client, a system code
	Heartbeat Command = "HEARTBEAT" // server to client; ignored when a client sends it
)

// Valid reports whether c is one of the seven commands.
func (c Command) Valid() bool {
	switch c {
	case Connect, Connected, Frame, Stats, Success, Failure, Heartbeat:
		return true
	}
	return false
}

// Names of the headers the protocol defines.
const (
	HeaderVersion      = "version"
	HeaderHeartbeat    = "heartbeat"
	HeaderSessionID    = "session-id"
	HeaderContentType  = "content-type"
	HeaderError        = "error"
	HeaderToken        = "token"         // opens a session created over REST
	HeaderResumeSecret = "resume-secret" // resumes another session
	HeaderDevice       = "device"        // label of the camera
	HeaderCapabilities = "capabilities"  // settings and capabilities of the camera, JSON
	HeaderPlatform     = "platform"      // platform of the client
)

// Message is one LPProto message. Header names are lower case.
type Message struct {
	Command Command
	Headers map[string]string
	Body    []byte
}

// Header returns the value of a header, or "" when it is absent; name is lower case.
func (m Message) Header(name string) string { return m.Headers[name] }

// Parse reads one message, text or binary. The body of the result aliases data.
//
// Accepted: `\n` and `\r\n`, spaces round a header's value, header names in any
// case, a missing final blank line when there is no body, one trailing NUL. A
// header given twice is refused, because two parsers could each use another one.
// The error is always an *Error with CodeMalformed.
func Parse(data []byte) (Message, error) {
	data = bytes.TrimSuffix(data, []byte{0})
	line, rest, _, err := cutLine(data, MaxHeaderBytes)
	if err != nil {
		return Message{}, err
	}
	m := Message{Command: Command(line)}
	if !m.Command.Valid() {
		return Message{}, malformed("unknown command %.20q", line)
	}
	for {
		var found bool
		line, rest, found, err = cutLine(rest, MaxHeaderBytes-(len(data)-len(rest)))
		if err != nil {
			return Message{}, err
		}
		if len(line) == 0 {
			m.Body = rest
			return m, nil
		}
		if err := m.addHeader(string(line)); err != nil {
			return Message{}, err
		}
		if !found {
			return m, nil
		}
	}
}

// cutLine takes the line up to the next line feed, which must come within budget bytes.
func cutLine(data []byte, budget int) (line, rest []byte, found bool, err error) {
	end := bytes.IndexByte(data[:min(len(data), max(budget, 0))], '\n')
	switch {
	case end >= 0:
		return bytes.TrimSuffix(data[:end], []byte{'\r'}), data[end+1:], true, nil
	case len(data) > budget:
		return nil, nil, false, malformed("headers are longer than %d bytes", MaxHeaderBytes)
	}
	return bytes.TrimSuffix(data, []byte{'\r'}), nil, false, nil
}

func (m *Message) addHeader(line string) error {
	name, value, ok := strings.Cut(line, ":")
	if !ok {
		return malformed("header line %.40q has no colon", line)
	}
	name = strings.ToLower(strings.TrimSpace(name))
	value = strings.TrimSpace(value)
	if !validName(name) {
		return malformed("header name %.40q has characters other than a-z, 0-9, '-', '_'", name)
	}
	if !validValue(value) {
		return malformed("value of header %q has control characters or is not UTF-8", name)
	}
	if _, twice := m.Headers[name]; twice {
		return malformed("header %q is given twice", name)
	}
	if len(m.Headers) == MaxHeaders {
		return malformed("more than %d headers", MaxHeaders)
	}
	if m.Headers == nil {
		m.Headers = make(map[string]string, 4)
	}
	m.Headers[name] = value
	return nil
}

func validName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return s != ""
}

func validValue(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// Encode writes the message: headers sorted by name, `\n` line ends, the body as it
// is. A body that ends in NUL gets one more, which Parse removes.
// The error, an *Error with CodeMalformed, means that the message cannot be written
// without changing its meaning (unknown command, line end in a value, too many headers).
func (m Message) Encode() ([]byte, error) {
	if !m.Command.Valid() {
		return nil, malformed("unknown command %.20q", string(m.Command))
	}
	if len(m.Headers) > MaxHeaders {
		return nil, malformed("more than %d headers", MaxHeaders)
	}
	names := make([]string, 0, len(m.Headers))
	size := len(m.Command) + 2
	for name, value := range m.Headers {
		if !validName(name) || !validValue(value) || value != strings.TrimSpace(value) {
			return nil, malformed("header %.40q cannot be written", name)
		}
		names = append(names, name)
		size += len(name) + len(value) + 2
	}
	if size > MaxHeaderBytes {
		return nil, malformed("headers are longer than %d bytes", MaxHeaderBytes)
	}
	slices.Sort(names)
	out := make([]byte, 0, size+len(m.Body)+1)
	out = append(append(out, m.Command...), '\n')
	for _, name := range names {
		out = append(append(out, name...), ':')
		out = append(append(out, m.Headers[name]...), '\n')
	}
	out = append(append(out, '\n'), m.Body...)
	if n := len(m.Body); n > 0 && m.Body[n-1] == 0 {
		out = append(out, 0)
	}
	return out, nil
}
