package security

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas/imagefile/imagefiletest"
)

// attack is one hostile message: data, or raw bytes of the connection instead.
type attack struct {
	kind      string
	connected bool // a session is open before
	binary    bool // data is sent as a binary message
	data      []byte
	raw       []byte
	cut       bool // the client leaves after it, in the middle of a message; so it may get no answer
}

// generator makes attacks. It is not safe for concurrent use.
type generator struct{ *rand.Rand }

func newGenerator(seed uint64) *generator { return &generator{rand.New(rand.NewPCG(12, seed))} }

var smallImages = sync.OnceValue(imagefiletest.Small)

// attacks are the kinds of messages, and how often each comes.
var attacks = []struct {
	name  string
	share int
	of    func(*generator) attack
}{
	{"noise", 8, (*generator).noise},
	{"unknown command", 6, (*generator).command},
	{"header", 10, (*generator).header},
	{"CONNECT", 14, (*generator).connect},
	{"wrong order", 8, (*generator).order},
	{"image that lies", 26, (*generator).image},
	{"damaged message", 12, (*generator).damaged},
	{"framing", 14, (*generator).framing},
	{"cut off", 2, (*generator).cutOff},
}

func (g *generator) next() attack {
	all := 0
	for _, a := range attacks {
		all += a.share
	}
	n := g.IntN(all)
	for _, a := range attacks {
		if n -= a.share; n < 0 {
			made := a.of(g)
			made.kind = a.name
			return made
		}
	}
	panic("unreachable")
}

func (g *generator) bytes(n int) []byte {
	out := make([]byte, n)
	for i := range out {
		out[i] = byte(g.Uint32())
	}
	return out
}

func pick[T any](g *generator, of ...T) T { return of[g.IntN(len(of))] }

func (g *generator) noise() attack {
	return attack{binary: g.IntN(2) == 0, connected: g.IntN(4) == 0, data: g.bytes(g.IntN(3000))}
}

func (g *generator) command() attack {
	word := pick(g, "connect", "CONNECT ", " CONNECT", "CONNECT\x00", "GET / HTTP/1.1", "FRAMED", "CONNECT\tx", "PUB a 1", "\xff\xfe", "", "{}", strings.Repeat("F", 1+g.IntN(20_000)))
	return attack{connected: g.IntN(4) == 0, data: []byte(word + "\nversion:1.0\n\n")}
}

// Names and values that headers may not have, or that somebody behind the door might take for more than text.
var odd = []string{
	"", " ", "\x00", "\r", "a\rb", "\u2028", "\xc3\x28", "\xed\xa0\x80", "%00", "../../../etc/passwd", "*", ">", "a.b.>", "$JS.API.>", "${jndi:x}",
	"-1", "0", "1e999", "-0", "NaN", "Infinity", "9223372036854775808", "99999999999999999999999999999999", "0x10", "1_000", "1.0000000000000000000001",
	"null", "true", "[]", `{"a":`, `"`, "<script>", "' OR 1=1 --", "00000000-0000-0000-0000-000000000000", "FFFFFFFF-FFFF-4FFF-8FFF-FFFFFFFFFFFF",
	"eyJhbGciOiJub25lIn0.e30.", "eyJhbGciOiJIUzI1NiJ9.e30.AAAA",
}

// value returns a hostile value of a header.
func (g *generator) value() string {
	switch g.IntN(4) {
	case 0:
		return strings.Repeat(pick(g, "[", `{"a":`, "9", "\u00e9", "a,"), 1+g.IntN(3000))
	case 1:
		return string(g.bytes(g.IntN(200)))
	}
	return pick(g, odd...)
}

func (g *generator) header() attack {
	var b strings.Builder
	b.WriteString(pick(g, "CONNECT", "FRAME", "HEARTBEAT", "STATS") + "\n")
	switch g.IntN(5) {
	case 0: // too many
		for i := range 33 + g.IntN(4000) {
			fmt.Fprintf(&b, "h%d:%d\n", i, i)
		}
	case 1: // too long
		b.WriteString("a:" + strings.Repeat("x", 8192+g.IntN(100_000)) + "\n")
	case 2: // twice
		name := pick(g, "version", "session-id", "content-type", "token")
		b.WriteString(name + ":1.0\n" + strings.ToUpper(name) + ":" + pick(g, odd...) + "\n")
	case 3: // without a colon, or a wrong name
		b.WriteString(pick(g, "version 1.0", ":", " :", "a b:c", "\xff:1", "ä:1", "version\x00:1.0", "x") + "\n")
	default:
		b.WriteString("version:1.0\n" + pick(g, "heartbeat", "session-id", "x") + ":" + pick(g, "\x01", "a\x7f", "\xff", "\x1b[2J") + "\n")
	}
	b.WriteString("\n")
	return attack{connected: g.IntN(3) == 0, data: []byte(b.String())}
}

func (g *generator) connect() attack {
	var b strings.Builder
	b.WriteString("CONNECT\n")
	if g.IntN(4) > 0 {
		b.WriteString("version:1.0\n")
	} else {
		b.WriteString("version:" + g.value() + "\n")
	}
	for _, name := range []string{
		lpproto.HeaderHeartbeat, lpproto.HeaderSessionID, lpproto.HeaderToken, lpproto.HeaderDevice, lpproto.HeaderCapabilities, lpproto.HeaderPlatform,
		lpproto.HeaderResumeSecret,
	} {
		if g.IntN(3) == 0 {
			b.WriteString(name + ":" + g.value() + "\n")
		}
	}
	b.WriteString("\n" + g.value())
	return attack{data: []byte(b.String())}
}

func (g *generator) order() attack {
	frame := "FRAME\ncontent-type:image/x-jpeg-base64\n\n" + pick(g, "", "/9j/", "AAAA")
	switch g.IntN(4) {
	case 0:
		return attack{data: []byte(frame)} // before CONNECT
	case 2: // two at a time
		good := append([]byte("FRAME\ncontent-type:image/jpeg\n\n"), smallImages()[0]...)
		one := frameOf(final|binaryMessage, uint64(len(good)), good)
		return attack{connected: true, raw: append(one, one...)}
	case 1:
		return attack{connected: true, data: []byte("CONNECT\nversion:1.0\n\n")} // twice
	}
	return attack{connected: g.IntN(2) == 0, data: []byte(pick(g, "CONNECTED\nsession-id:x\n\n", "STATS\n\n{}", "SUCCESS\ncontent-type:application/jwt\n\na.b.c", "ERROR\nerror:1000\n\n"))}
}

func (g *generator) image() attack {
	data := imagefiletest.Damage(g.Rand, smallImages())
	kind := pick(g, lpproto.ContentJPEG, lpproto.ContentPNG, lpproto.ContentJPEGBase64, lpproto.ContentPNGBase64)
	raw := !strings.HasSuffix(kind, "base64")
	switch g.IntN(12) {
	case 0:
		kind = pick(g, "", "image/gif", "image/svg+xml", "text/html", "image/jpeg, image/png", "IMAGE/JPEG;"+strings.Repeat("a=b;", 500), "image/x-jpeg-base64\t")
	case 1:
		data = g.bytes(g.IntN(5000))
	case 2:
		data = nil
	case 3: // base64 that is none
		data, raw = []byte(strings.Repeat(pick(g, "=", "A", "-", " ", "data:image/jpeg;base64,"), g.IntN(5000))), false
	}
	if !raw && strings.HasSuffix(kind, "base64") && g.IntN(4) > 0 {
		data = lpproto.EncodeBase64(data)
	}
	head := "FRAME\n"
	if kind != "" {
		head += "content-type:" + kind + "\n"
	}
	return attack{connected: true, binary: g.IntN(10) > 0, data: append([]byte(head+"\n"), data...)}
}

// damaged is a good message with some wrong bytes.
func (g *generator) damaged() attack {
	a := attack{data: []byte("CONNECT\nversion:1.0\nheartbeat:1000\nplatform:test\n\n")}
	if g.IntN(2) == 0 {
		a = attack{connected: true, binary: true, data: append([]byte("FRAME\ncontent-type:image/jpeg\n\n"), smallImages()[0]...)}
	}
	for range 1 + g.IntN(4) {
		at := g.IntN(min(len(a.data), 60))
		switch g.IntN(3) {
		case 0:
			a.data[at] ^= 1 << g.IntN(8)
		case 1:
			a.data = append(a.data[:at:at], append(g.bytes(1+g.IntN(5)), a.data[at:]...)...)
		default:
			a.data = append(a.data[:at:at], a.data[at+1:]...)
		}
	}
	return a
}

// frameOf returns a masked frame of RFC 6455 whose header says length, whatever follows.
func frameOf(first byte, length uint64, payload []byte) []byte {
	out := []byte{first}
	switch {
	case length > 0xffff:
		out = binary.BigEndian.AppendUint64(append(out, 0x80|127), length)
	case length > 125:
		out = binary.BigEndian.AppendUint16(append(out, 0x80|126), uint16(length))
	default:
		out = append(out, 0x80|byte(length))
	}
	return append(append(out, 0, 0, 0, 0), payload...) // a mask of zeros changes nothing
}

const (
	final         = 0x80
	text          = 1
	binaryMessage = 2
	ping          = 9
	pong          = 10
)

func (g *generator) framing() attack {
	good := []byte("NONSENSE\n\n") // what follows legal frames, to get an answer
	switch g.IntN(12) {
	case 0: // reserved opcodes and bits
		return attack{raw: frameOf(pick[byte](g, 0x83, 0x87, 0x8b, 0x8f, 0xc1, 0xa1, 0x91), 4, []byte("abcd"))}
	case 1: // not masked
		return attack{raw: append([]byte{final | text, 4}, "abcd"...)}
	case 2: // a control frame that is too long, or in parts
		if g.IntN(2) == 0 {
			return attack{raw: frameOf(final|ping, 126+uint64(g.IntN(60_000)), nil)}
		}
		return attack{raw: frameOf(ping, 4, []byte("abcd"))}
	case 3: // a continuation of nothing
		return attack{raw: frameOf(final, 4, []byte("abcd"))}
	case 4: // a message in a message
		return attack{raw: append(frameOf(text, 4, []byte("NONS")), frameOf(final|text, 4, []byte("ENSE"))...)}
	case 5: // impossible lengths
		return attack{raw: frameOf(final|pick[byte](g, text, binaryMessage), pick[uint64](g, 1<<62, 1<<63, 1<<63-1, 1<<64-1, 1<<32, 30<<20), []byte("abcd")), connected: g.IntN(2) == 0}
	case 6: // a close frame that is none
		return attack{raw: frameOf(0x88, 1, []byte{3})}
	case 7: // reserved close codes, or no text in them
		return attack{raw: frameOf(0x88, 4, append(binary.BigEndian.AppendUint16(nil, pick[uint16](g, 0, 999, 1005, 1006, 1015, 5000, 65535)), pick(g, "ab", "\xff\xff")...))}
	case 8: // parts of one byte, with control frames between them
		out := frameOf(text, 1, []byte("N"))
		for range g.IntN(2000) {
			switch g.IntN(3) {
			case 0:
				out = append(out, frameOf(final|pong, 3, []byte("abc"))...)
			default:
				out = append(out, frameOf(0, 1, []byte("N"))...)
			}
		}
		return attack{raw: append(out, frameOf(final, 1, []byte("\n"))...)}
	case 9: // many empty parts
		out := frameOf(text, 0, nil)
		for range g.IntN(5000) {
			out = append(out, frameOf(0, 0, nil)...)
		}
		return attack{raw: append(out, frameOf(final, uint64(len(good)), good)...)}
	case 10: // a storm of pings
		var out []byte
		for range g.IntN(500) {
			out = append(out, frameOf(final|ping, 4, g.bytes(4))...)
		}
		return attack{raw: append(out, frameOf(final|text, uint64(len(good)), good)...), connected: g.IntN(2) == 0}
	}
	// heartbeats and empty messages, then nonsense
	out := frameOf(final|text, 11, []byte("HEARTBEAT\n\n"))
	return attack{raw: append(out, frameOf(final|text, uint64(len(good)), good)...), connected: true}
}

func (g *generator) cutOff() attack {
	full := frameOf(final|binaryMessage, uint64(100+g.IntN(1_000_000)), []byte("FRAME\ncontent-type:image/jpeg\n\n\xff\xd8"))
	return attack{raw: full[:1+g.IntN(len(full)-1)], cut: true, connected: g.IntN(2) == 0}
}
