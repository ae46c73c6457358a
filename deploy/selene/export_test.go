package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/netip"
	neturl "net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/edge"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/exports"
	"github.com/selene-liveness/selene/streams/objects"
	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/streams/webhook"
)

const exportToken = "a-long-random-word-a-long-random-word"

// exportable starts an edge on a broker, and stores a session with a frame.
func exportable(t *testing.T) (conn *streams.Conn, url, session string) {
	t.Helper()
	conn = streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	e, err := edge.New(ctx, conn, edge.Config{
		AdminToken: exportToken, DataDir: t.TempDir(), Hooks: webhook.Networks{netip.MustParsePrefix("127.0.0.0/8")},
	})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	streamstest.Go(t, func(ctx context.Context) error { return e.Serve(ctx, listener) })
	session = uuid.NewString()
	_, err = conn.PublishFrame(ctx, &schemas.Frame{
		Version: schemas.Version, Name: &schemas.FrameName{Session: session, Sequence: 1}, Image: []byte("one"), MediaType: "image/jpeg",
	})
	if err != nil {
		t.Fatal(err)
	}
	return conn, "http://" + listener.Addr().String(), session
}

// runExport runs selene with arguments against an installation, and returns what it printed.
func runExport(ctx context.Context, t *testing.T, url string, args ...string) (string, error) {
	t.Helper()
	t.Setenv("SELENE_URL", url)
	t.Setenv("SELENE_ADMIN_TOKEN", exportToken)
	root, err := newRoot()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetArgs(args)
	err = root.ExecuteContext(ctx)
	return out.String(), err
}

// exporter stands in for a video worker: it calls work for each export.
func exporter(t *testing.T, conn *streams.Conn, work func(ctx context.Context, e *schemas.Export, step func() error) error) {
	t.Helper()
	streamstest.Go(t, func(ctx context.Context) error {
		return conn.Consume(ctx, streams.Work{Stream: streams.Exports, Durable: "exporter", Concurrency: 1}, func(ctx context.Context, d *streams.Delivery) error {
			job, err := streams.Decode(d, &schemas.ExportJob{})
			if err != nil {
				return err
			}
			e, revision, err := exports.New(conn).Get(ctx, job.GetJob())
			if err != nil {
				return err
			}
			return work(ctx, e, func() error {
				revision, err = exports.New(conn).Update(ctx, e, revision)
				return err
			})
		})
	})
}

func TestExportCommand(t *testing.T) {
	conn, url, session := exportable(t)
	exporter(t, conn, func(ctx context.Context, e *schemas.Export, step func() error) error {
		e.Status, e.Percent = schemas.VideoExporting, 40
		if err := step(); err != nil {
			return err
		}
		f := schemas.ExportFile{Session: session, Name: "of " + session + ".mp4", Object: objects.ExportName(e.ID, session, ".mp4"), MediaType: "video/mp4"}
		if err := objects.New(conn).Put(ctx, f.Object, f.MediaType, strings.NewReader("movie")); err != nil {
			return err
		}
		e.Status, e.Percent, e.Files = schemas.VideoSuccess, 100, []schemas.ExportFile{f}
		return step()
	})
	ctx := streamstest.Context(t)
	dir := filepath.Join(t.TempDir(), "new")
	out, err := runExport(ctx, t, url, "export", session, "-o", dir, "--json", "--from", "2026-03-04T05:06:07Z", "--duration", "1m30s", "--codec", "H265",
		"--bitrate", "950", "--resolution", "640x480", "--rotate", "90", "--flip", "vertical", "--frame-rate", "25", "--fragmented",
		"--mark-time=Asia/Tokyo", "--time-corner", "4", "--mark-session", "--mark-figures=face_box,scores", "--figures-corner", "0",
		"--name", "of {name}", "--webhook", "http://127.0.0.1:1/x")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	var last schemas.Export
	if err := json.Unmarshal([]byte(lines[len(lines)-2]), &last); err != nil || last.Status != schemas.VideoSuccess {
		t.Fatalf("got %v in %s", err, out)
	}
	from := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	want := schemas.ExportOrder{
		Sessions: []string{session}, From: &from, Duration: 90, Codec: "H265", Bitrate: 800, Resolution: "640x480", Rotate: 90, Flip: "vertical",
		FrameRate: 25, Fragmented: true, Name: "of {name}", Webhook: "http://127.0.0.1:1/x",
		Watermark: schemas.Watermark{
			Time: &schemas.TimeMark{Corner: 4, Zone: "Asia/Tokyo"}, Session: &schemas.CornerMark{Corner: 2},
			Figures: &schemas.Figures{FaceBox: true, Scores: true},
		},
	}
	if got, wanted := orderText(t, last.Order), orderText(t, want); got != wanted {
		t.Errorf("ordered\n%s, want\n%s", got, wanted)
	}
	file := filepath.Join(dir, "of "+session+".mp4")
	if data, err := os.ReadFile(file); err != nil || string(data) != "movie" || !strings.Contains(lines[len(lines)-1], file) {
		t.Errorf("got %q %v, said %s", data, err, out)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left %v %v", left, err)
	}
	if out, err = runExport(ctx, t, url, "exports", "list"); err != nil || !strings.HasPrefix(out, last.ID) || !strings.Contains(out, "success") {
		t.Errorf("got %s %v", out, err)
	}
	if out, err = runExport(ctx, t, url, "exports", "show", last.ID); err != nil || !strings.Contains(out, session) {
		t.Errorf("got %s %v", out, err)
	}
	if out, err = runExport(ctx, t, url, "exports", "cancel", last.ID); err != nil || out != "" {
		t.Errorf("got %s %v", out, err)
	}
	if out, err = runExport(ctx, t, url, "exports", "list"); err != nil || out != "" {
		t.Errorf("got %s %v", out, err)
	}
}

func orderText(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestExportCommandReportsErrors(t *testing.T) {
	conn, url, session := exportable(t)
	ctx := streamstest.Context(t)
	for _, c := range []struct {
		says string
		args []string
	}{
		{"2560x1920", []string{session, "--resolution", "7x7"}},
		{"200, 300", []string{session, "--bitrate", "-1"}},
		{"--from", []string{session, "--from", "yesterday"}},
		{"face_box", []string{session, "--mark-figures=age"}},
		{"no frames", []string{uuid.NewString()}},
		{"UUID", []string{"somebody"}},
	} {
		out, err := runExport(ctx, t, url, append([]string{"export", "-o", t.TempDir()}, c.args...)...)
		if err == nil || !strings.Contains(err.Error(), c.says) || out != "" {
			t.Errorf("%v: got %v, want %q in it; said %q", c.args, err, c.says, out)
		}
	}
	exporter(t, conn, func(_ context.Context, e *schemas.Export, step func() error) error {
		e.Status, e.Reason = schemas.VideoError, "none of its frames can be decoded"
		return step()
	})
	if _, err := runExport(ctx, t, url, "export", session, "-o", t.TempDir()); err == nil || !strings.Contains(err.Error(), "none of its frames") {
		t.Errorf("got %v", err)
	}
}

func TestInterruptedExportCommandCancels(t *testing.T) {
	conn, url, session := exportable(t)
	ctx := streamstest.Context(t)
	interrupted, interrupt := context.WithCancel(ctx)
	exporter(t, conn, func(_ context.Context, e *schemas.Export, step func() error) error {
		e.Status, e.Percent = schemas.VideoExporting, 10
		err := step()
		interrupt()
		return err
	})
	dir := t.TempDir()
	_, err := runExport(interrupted, t, url, "export", session, "-o", dir)
	if err == nil || !strings.Contains(err.Error(), "was canceled") {
		t.Errorf("got %v", err)
	}
	all, err := exports.New(conn).All(ctx)
	if err != nil || len(all) != 1 || all[0].Status != schemas.VideoCanceled {
		t.Errorf("got %+v %v", all, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left %v %v", left, err)
	}
}

// An edge that goes away while an export is followed costs a second.
func TestExportCommandConnectsAgain(t *testing.T) {
	conn, url, session := exportable(t)
	begin := make(chan struct{})
	exporter(t, conn, func(_ context.Context, e *schemas.Export, step func() error) error {
		<-begin
		e.Status = schemas.VideoSuccess
		return step()
	})
	address, err := neturl.Parse(url)
	if err != nil {
		t.Fatal(err)
	}
	edge := httputil.NewSingleHostReverseProxy(address)
	var followed atomic.Int32
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/events") && followed.Add(1) == 1 {
			fmt.Fprint(w, "event: status\ndata: {\"status\":\"exporting\"}\n\n")
			close(begin)
			return
		}
		edge.ServeHTTP(w, r)
	}))
	defer front.Close()
	out, err := runExport(streamstest.Context(t), t, front.URL, "export", session, "-o", t.TempDir(), "--json")
	if err != nil || !strings.HasPrefix(out, `{"status":"exporting"}`) || followed.Load() != 2 {
		t.Errorf("got %v, followed %d times, said %s", err, followed.Load(), out)
	}
}
