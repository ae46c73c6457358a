package security

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/sync/errgroup"
)

const (
	hostileRequests = 2000
	requestGrowth   = 300 << 10 // KiB; a body may have 24 MiB, and eight are sent at a time
)

// documents are bodies that each route accepts, which the generator damages.
var documents = map[string]string{
	"POST /v1/sessions":          `{"external_id":"x","settings_variant":""}`,
	"PUT /v1/settings":           `{"session":{"max_attempts":5,"roi":{}},"thresholds":{"blur":0.5},"workers":[{"name":"liveness","required":true}]}`,
	"PUT /v1/ui-configs/hostile": `{"parent_origins":["https://shop.example"]}`,
	"POST /v1/ui-configs/delete": `{"names":["a"]}`,
	"POST /v1/exports":           `{"sessions":["00000000-0000-4000-8000-000000000000"],"codec":"h264"}`,
	"POST /v1/webhooks":          `{"url":"https://192.0.2.1/","secret":"0123456789abcdef","events":["session.closed"]}`,
	"POST /v1/users":             `{"name":"hostile","groups":["none"]}`,
	"PUT /v1/groups/hostile":     `{"rights":["sessions:read"]}`,
	"POST /v1/tokens":            `{"name":"hostile","scopes":["nothing:read"]}`,
	"POST /v1/login":             `{"user":"hostile","password":"hostile"}`,
	"POST /v1/me/password":       `{"old":"a","new":"b"}`,
	"POST /v1/recordings":        `no recording`,
	"POST /v1/sessions/00000000-0000-4000-8000-000000000000/rerun": `{"settings":{}}`,
}

// body returns a hostile body for a route that takes document, and its media type.
func (g *generator) body(document string) (data []byte, kind string) {
	kind = pick(g, "application/json", "application/json", "application/json; charset=utf-16", "text/plain", "", "multipart/form-data; boundary=x", "multipart/form-data", "application/x-tar", "application/zstd")
	switch g.IntN(9) {
	case 0: // depth
		n := 1 + g.IntN(300_000)
		open, end := pick(g, "[", `{"session":`, `{"a":[`), pick(g, "", "]", "}")
		return []byte(strings.Repeat(open, n) + "1" + strings.Repeat(end, n)), kind
	case 1: // numbers
		number := pick(g, "1e999999999", "-1e999", strings.Repeat("9", 1+g.IntN(200_000)), "0."+strings.Repeat("0", 50_000)+"1", "-0", "1E-400", "9223372036854775808", "00")
		return []byte(strings.NewReplacer("5", number, `"x"`, number, `"a"`, number, "true", number).Replace(document)), kind
	case 2: // size
		return []byte(strings.Replace(document, `"`, `"`+strings.Repeat(pick(g, "a", "\\u0000", "\xff", "\\ud800"), g.IntN(2<<20)/6), 1)), kind
	case 3: // many members
		var b strings.Builder
		b.WriteString("{")
		for n := range g.IntN(50_000) {
			fmt.Fprintf(&b, `"%s%d":%d,`, pick(g, "", "x"), n%(1+g.IntN(1000)), n)
		}
		return []byte(b.String() + strings.TrimPrefix(document, "{")), kind
	case 4: // parts
		var b bytes.Buffer
		for n := range g.IntN(5000) {
			fmt.Fprintf(&b, "--x\r\nContent-Disposition: form-data; name=\"%s\"; filename=\"../../%d\"\r\n\r\n%d\r\n", pick(g, "reference", "external_id", "settings_variant", "y"), n, n)
		}
		return append(b.Bytes(), pick(g, "--x--\r\n", "", "--x")...), "multipart/form-data; boundary=x"
	case 5: // noise
		return g.bytes(g.IntN(20_000)), kind
	case 6:
		return []byte(pick(g, "null", "[]", `""`, "1", "{}", "{", "", "\ufeff{}", "{}{}", "{} x", "nan", `{"__proto__":{}}`)), kind
	}
	data = []byte(document)
	for range 1 + g.IntN(4) { // damage
		at := g.IntN(len(data))
		switch g.IntN(3) {
		case 0:
			data[at] ^= 1 << g.IntN(8)
		case 1:
			data = slices.Insert(data, at, []byte(pick(g, odd...))...)
		default:
			data = slices.Delete(data, at, at+1)
		}
		if len(data) == 0 {
			data = []byte{'{'}
		}
	}
	return data, kind
}

// Each of many bodies that a seeded generator makes gets an answer other than a failure of the server, and every refusal is a problem
// document. The installation goes on, and does not grow.
func TestGeneratedRequests(t *testing.T) {
	i := up(t, `{}`)
	routes := slices.Sorted(maps.Keys(documents))
	count := hostileRequests
	if !testing.Short() {
		count *= 10
	}
	tenth := func(from, to int) (statuses map[int]int) {
		var clients errgroup.Group
		all := make(chan int, to-from)
		for c := range messageClients {
			clients.Go(func() error {
				for n := from + c; n < to; n += messageClients {
					g := newGenerator(uint64(n))
					route := routes[n%len(routes)]
					body, kind := g.body(documents[route])
					method, path, _ := strings.Cut(route, " ")
					status, answer := i.call(method, path, "Bearer "+adminToken, body, "Content-Type", kind)
					var p struct {
						Title  string
						Status int
					}
					if status >= 400 && (json.Unmarshal(answer, &p) != nil || p.Status != status || p.Title == "") || status >= 500 && status != http.StatusServiceUnavailable {
						return fmt.Errorf("request %d, %s, %q: %d %.300s to %.300q", n, route, kind, status, answer, body)
					}
					all <- status
				}
				return nil
			})
		}
		if err := clients.Wait(); err != nil {
			t.Fatal(err)
		}
		close(all)
		statuses = map[int]int{}
		for s := range all {
			statuses[s]++
		}
		return statuses
	}
	first := tenth(0, count/10)
	before := residentKiB(t, i.pid)
	rest := tenth(count/10, count)
	grown := residentKiB(t, i.pid) - before
	t.Logf("%v, then %v, %d KiB more", first, rest, grown)
	if grown > requestGrowth {
		t.Errorf("the process grew by %d KiB; at most %d are expected", grown, requestGrowth)
	}
	if rest[http.StatusUnprocessableEntity] < count/4 || rest[http.StatusRequestEntityTooLarge] < count/100 {
		t.Error("the generator is one-sided")
	}
	if status, answer := i.call("PUT", "/v1/settings", "Bearer "+adminToken, []byte(`{}`)); status != http.StatusOK {
		t.Errorf("the settings cannot be changed any more: %d %s", status, answer)
	}
	i.honest()
}

// Archives that grow far beyond their size, or name files that are none of theirs, are refused as recordings.
func TestArchiveBombs(t *testing.T) {
	i := up(t, `{}`)
	zeros := func(size int) []byte {
		var packed bytes.Buffer
		w, err := zstd.NewWriter(&packed, zstd.WithEncoderLevel(zstd.SpeedFastest))
		if err != nil {
			t.Fatal(err)
		}
		block := make([]byte, 1<<20)
		for range size >> 20 {
			if _, err := w.Write(block); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return packed.Bytes()
	}
	archive := func(entries ...tar.Header) []byte {
		var out bytes.Buffer
		w := tar.NewWriter(&out)
		for _, h := range entries {
			if err := w.WriteHeader(&h); err != nil {
				t.Fatal(err)
			}
		}
		w.Flush() // the announced bytes do not come
		return out.Bytes()
	}
	many := make([]tar.Header, 20_000)
	for n := range many {
		many[n] = tar.Header{Name: fmt.Sprint("frames/", n), Mode: 0o600}
	}
	window := []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xf8, 0, 0, 0, 0} // a window of 2 TiB
	before := residentKiB(t, i.pid)
	for name, body := range map[string][]byte{
		"2 GiB of zeros": zeros(2 << 30), "a window of terabytes": window, "many frames of zstd": bytes.Repeat(zeros(1<<20), 2000),
		"a file above": archive(tar.Header{Name: "../../../../tmp/x", Size: 5, Mode: 0o600}), "an absolute path": archive(tar.Header{Name: "/etc/passwd", Size: 5}),
		"a link": archive(tar.Header{Name: "session.json", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}), "a device": archive(tar.Header{Name: "session.json", Typeflag: tar.TypeChar}),
		"8 EiB announced": archive(tar.Header{Name: "session.json", Size: 1<<62 - 1, Format: tar.FormatGNU}), "20,000 empty files": archive(many...),
	} {
		if status, answer := i.call("POST", "/v1/recordings", "Bearer "+adminToken, body); status < 400 || status >= 500 {
			t.Errorf("%s: %d %s", name, status, answer)
		}
	}
	if grown := residentKiB(t, i.pid) - before; grown > requestGrowth {
		t.Errorf("the process grew by %d KiB; at most %d are expected", grown, requestGrowth)
	}
	i.honest()
}
