package lpproto

import (
	"bytes"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"
)

func wantCode(t *testing.T, err error, code int) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Code != code {
		t.Fatalf("error is %v, want code %d", err, code)
	}
}

func TestParse(t *testing.T) {
	connect := Message{Command: Connect, Headers: map[string]string{"version": "1.0"}}
	for name, c := range map[string]struct {
		in   string
		want Message
	}{
		"without space":       {"CONNECT\nversion:1.0\n\n", connect},
		"with space":          {"CONNECT\nversion: 1.0\n\n", connect},
		"spaces all round":    {"CONNECT\n version \t:  1.0 \n\n", connect},
		"crlf":                {"CONNECT\r\nversion:1.0\r\n\r\n", connect},
		"trailing NUL":        {"CONNECT\nversion:1.0\n\n\x00", connect},
		"NUL, no blank line":  {"CONNECT\nversion:1.0\x00", connect},
		"header case":         {"CONNECT\nVersion:1.0\n\n", connect},
		"no blank line":       {"CONNECT\nversion:1.0\n", connect},
		"no line end":         {"CONNECT\nversion:1.0", connect},
		"command alone":       {"HEARTBEAT", Message{Command: Heartbeat}},
		"command, line end":   {"HEARTBEAT\n", Message{Command: Heartbeat}},
		"command, blank line": {"HEARTBEAT\r\n\r\n", Message{Command: Heartbeat}},
		"colon in value":      {"FRAME\ndevice:a:b\n\n", Message{Command: Frame, Headers: map[string]string{"device": "a:b"}}},
		"empty value":         {"CONNECT\nsession-id:\n\n", Message{Command: Connect, Headers: map[string]string{"session-id": ""}}},
		"body":                {"FRAME\ncontent-type:x\n\nab\n\ncd", Message{Frame, map[string]string{"content-type": "x"}, []byte("ab\n\ncd")}},
		"body crlf":           {"FRAME\r\ncontent-type:x\r\n\r\nab\r\n", Message{Frame, map[string]string{"content-type": "x"}, []byte("ab\r\n")}},
		"only one NUL goes":   {"FRAME\n\n\x00\x00", Message{Frame, nil, []byte{0}}},
		"body, no headers":    {"STATS\n\n{}", Message{Stats, nil, []byte("{}")}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Parse([]byte(c.in))
			if err != nil {
				t.Fatal(err)
			}
			if got.Command != c.want.Command || !maps.Equal(got.Headers, c.want.Headers) || !bytes.Equal(got.Body, c.want.Body) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for name, in := range map[string]string{
		"nothing":            "",
		"blank":              "\n\n",
		"unknown command":    "START\n\n",
		"lower case":         "connect\nversion:1.0\n\n",
		"no colon":           "CONNECT\nversion\n\n",
		"body for a header":  "FRAME\ncontent-type:image/jpeg\n\xff\xd8\xff\n\n",
		"empty name":         "CONNECT\n:1.0\n\n",
		"space in name":      "CONNECT\nver sion:1.0\n\n",
		"twice":              "CONNECT\nversion:1.0\nVersion:1.0\n\n",
		"control in value":   "CONNECT\nversion:1\x01\n\n",
		"CR in value":        "CONNECT\nversion:1\r0\n\n",
		"no UTF-8":           "CONNECT\ndevice:\xff\n\n",
		"too many":           "CONNECT\n" + manyHeaders(MaxHeaders+1) + "\n",
		"long value":         "CONNECT\ndevice:" + strings.Repeat("x", MaxHeaderBytes) + "\n\n",
		"long command":       strings.Repeat("X", 1<<20),
		"headers never end":  "CONNECT\ndevice:" + strings.Repeat("x", MaxHeaderBytes),
		"just over the edge": "CONNECT\ndevice:" + strings.Repeat("x", MaxHeaderBytes-16) + "\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			m, err := Parse([]byte(in))
			if err == nil {
				t.Fatalf("parsed as %q", m)
			}
			wantCode(t, err, CodeMalformed)
		})
	}
	if _, err := Parse([]byte("CONNECT\n" + manyHeaders(MaxHeaders) + "\n")); err != nil {
		t.Errorf("%d headers: %v", MaxHeaders, err)
	}
	if _, err := Parse([]byte("CONNECT\ndevice:" + strings.Repeat("x", MaxHeaderBytes-17) + "\n\n")); err != nil {
		t.Errorf("%d header bytes: %v", MaxHeaderBytes, err)
	}
}

func manyHeaders(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("h" + string(rune('a'+i/26)) + string(rune('a'+i%26)) + ":1\n")
	}
	return b.String()
}

func TestEncode(t *testing.T) {
	id := "0b0f8a4e-4e5d-4c7e-9d36-3f4f5a6b7c8d"
	for want, m := range map[string]Message{
		"CONNECT\ndevice:OBS\nheartbeat:1000\nsession-id:" + id + "\nversion:1.0\n\n": NewConnect(ConnectRequest{Heartbeat: time.Second, SessionID: id, Device: "OBS"}),
		"CONNECT\ncapabilities:{\"width\":640}\ndevice:OBS\nplatform:Linux\ntoken:abc\nversion:1.0\n\n": NewConnect(ConnectRequest{
			Token: "abc", Device: "OBS", Capabilities: `{"width":640}`, Platform: "Linux",
		}),
		"CONNECT\nversion:1.0\n\n":                                           NewConnect(ConnectRequest{}),
		"CONNECTED\nsession-id:" + id + "\nversion:1.0\n\n":                  NewConnected(id, ""),
		"CONNECTED\nresume-secret:s\nsession-id:" + id + "\nversion:1.0\n\n": NewConnected(id, "s"),
		"FRAME\ncontent-type:image/x-jpeg-base64\n\nQQ==":                    NewFrame(ContentJPEGBase64, EncodeBase64([]byte("A"))),
		"FRAME\ncontent-type:image/jpeg\n\nA\x00\x00":                        NewFrame(ContentJPEG, []byte("A\x00")),
		"STATS\ncontent-type:application/json\n\n{}":                         NewStats([]byte("{}")),
		"SUCCESS\ncontent-type:application/jwt\n\na.b.c":                     NewSuccess("a.b.c"),
		"ERROR\nerror:1002\n\n":                                              NewError(CodeBadImage),
		"HEARTBEAT\n\n":                                                      NewHeartbeat(),
	} {
		got, err := m.Encode()
		if err != nil || string(got) != want {
			t.Errorf("encoded as %q (%v), want %q", got, err, want)
		}
	}
	for name, m := range map[string]Message{
		"command":  {Command: "X"},
		"line end": NewConnect(ConnectRequest{SessionID: "a\nb"}),
		"name":     {Command: Connect, Headers: map[string]string{"Version": "1.0"}},
		"length":   NewConnect(ConnectRequest{Device: strings.Repeat("x", MaxHeaderBytes)}),
	} {
		if got, err := m.Encode(); err == nil {
			t.Errorf("%s: encoded as %q", name, got)
		}
	}
}

func TestConnectRequest(t *testing.T) {
	want := ConnectRequest{Heartbeat: 100 * time.Millisecond, SessionID: "x", Device: "cam é"}
	if got, err := NewConnect(want).ConnectRequest(); err != nil || got != want {
		t.Errorf("got %v, %v", got, err)
	}
	for in, code := range map[string]int{
		"CONNECT\n\n":                               CodeVersion,
		"CONNECT\nversion:1\n\n":                    CodeVersion,
		"CONNECT\nversion:2.0\n\n":                  CodeVersion,
		"CONNECT\nversion:1.0\nheartbeat:99\n\n":    CodeMalformed,
		"CONNECT\nversion:1.0\nheartbeat:60001\n\n": CodeMalformed,
		"CONNECT\nversion:1.0\nheartbeat:-1\n\n":    CodeMalformed,
		"CONNECT\nversion:1.0\nheartbeat:\n\n":      CodeMalformed,
		"CONNECT\nversion:1.0\nheartbeat:1.5\n\n":   CodeMalformed,
		"FRAME\nversion:1.0\n\n":                    CodeMalformed,
	} {
		m, err := Parse([]byte(in))
		if err != nil {
			t.Fatal(err)
		}
		_, err = m.ConnectRequest()
		wantCode(t, err, code)
	}
	for _, ms := range []string{"0", "100", "60000"} {
		m, _ := Parse([]byte("CONNECT\nversion:1.0\nheartbeat: " + ms + "\n\n"))
		if _, err := m.ConnectRequest(); err != nil {
			t.Errorf("heartbeat %s: %v", ms, err)
		}
	}
}

func TestErrorCode(t *testing.T) {
	m, _ := Parse([]byte("ERROR\nerror: 1002\n\n"))
	if code, err := m.ErrorCode(); err != nil || code != CodeBadImage {
		t.Errorf("got %d, %v", code, err)
	}
	for _, in := range []string{"ERROR\n\n", "ERROR\nerror:x\n\n", "STATS\nerror:1002\n\n"} {
		m, _ := Parse([]byte(in))
		_, err := m.ErrorCode()
		wantCode(t, err, CodeMalformed)
	}
}
