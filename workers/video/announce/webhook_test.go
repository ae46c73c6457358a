package announce

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/exports"
	"github.com/selene-liveness/selene/streams/objects"
	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/streams/webhook"
)

// hooked starts a server that fails the first request and records the bodies of the others.
func hooked(t *testing.T) (address string, posts <-chan *schemas.Export) {
	t.Helper()
	got := make(chan *schemas.Export, 10)
	var count atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if count.Add(1) == 1 {
			http.Error(w, "not yet", http.StatusBadGateway)
			return
		}
		body, err := io.ReadAll(r.Body)
		e := &schemas.Export{}
		if err != nil || json.Unmarshal(body, e) != nil || r.Header.Get(webhook.HeaderSignature) == "" {
			t.Errorf("got %s %v %v", body, r.Header, err)
		}
		got <- e
	}))
	t.Cleanup(server.Close)
	return server.URL, got
}

// order queues an export of two sessions.
func (i *installation) order(hook string) (*schemas.Export, uint64) {
	i.t.Helper()
	ctx := streamstest.Context(i.t)
	made, err := exports.New(i.conn).Create(ctx, schemas.ExportOrder{
		Sessions: []string{uuid.NewString(), uuid.NewString()}, Codec: schemas.CodecH264, Resolution: "original", Name: "{name}", Webhook: hook,
	})
	if err != nil {
		i.t.Fatal(err)
	}
	e, revision, err := exports.New(i.conn).Get(ctx, made.ID)
	if err != nil {
		i.t.Fatal(err)
	}
	return e, revision
}

func TestWebhookIsNotifiedOfTheEndOnce(t *testing.T) {
	t.Parallel()
	i := install(t)
	ctx := streamstest.Context(t)
	address, posts := hooked(t)
	i.announce(Hook{Command: script(t, "cat >/dev/null")}, "secret")

	e, revision := i.order(address)
	e.Status, e.Percent = schemas.VideoExporting, 50
	revision, err := exports.New(i.conn).Update(ctx, e, revision)
	if err != nil {
		t.Fatal(err)
	}
	e.Status, e.Percent = schemas.VideoSuccess, 100
	for _, session := range e.Order.Sessions {
		e.Files = append(e.Files, schemas.ExportFile{Session: session, Name: session + ".mp4", Object: objects.ExportName(e.ID, session, ".mp4"), Codec: schemas.CodecH264, Frames: 9})
	}
	if _, err := exports.New(i.conn).Update(ctx, e, revision); err != nil {
		t.Fatal(err)
	}
	if got := <-posts; got.ID != e.ID || got.Status != schemas.VideoSuccess || len(got.Files) != 2 || got.Files[1].Frames != 9 {
		t.Errorf("got %+v", got)
	}
	a := i.announcements(e.Order.Sessions[0], 2) // the command, which runs for each file, and the webhook
	hook := a[0]
	if hook.GetMeans() == ChannelCommand {
		hook = a[1]
	}
	if hook.GetMeans() != ChannelWebhook || hook.GetJob() != e.ID || hook.GetTarget() != address || hook.GetTries() != 2 || !hook.GetDelivered() {
		t.Errorf("got %v", a)
	}
	i.announcements(e.Order.Sessions[1], 1)

	canceled, _ := i.order(address)
	if _, err := exports.New(i.conn).Cancel(ctx, canceled.ID); err != nil {
		t.Fatal(err)
	}
	if got := <-posts; got.ID != canceled.ID || got.Status != schemas.VideoCanceled {
		t.Errorf("got %+v", got)
	}
	if a := i.delivered(canceled.Order.Sessions[0]); a.GetMeans() != ChannelWebhook {
		t.Errorf("a canceled export was announced by %v", a)
	}
	if len(posts) != 0 {
		t.Errorf("unexpected second post %+v", <-posts)
	}
}

func TestExportWithoutWebhook(t *testing.T) {
	t.Parallel()
	i := install(t)
	ctx := streamstest.Context(t)
	address, posts := hooked(t)
	i.announce(Hook{}, "secret")
	quiet, _ := i.order("")
	if _, err := exports.New(i.conn).Cancel(ctx, quiet.ID); err != nil {
		t.Fatal(err)
	}
	last, _ := i.order(address)
	if _, err := exports.New(i.conn).Cancel(ctx, last.ID); err != nil {
		t.Fatal(err)
	}
	<-posts
	i.delivered(last.Order.Sessions[0])
	i.announcements(quiet.Order.Sessions[0], 0)
}

func TestWebhooksOfExportsReachPublicAddressesOnly(t *testing.T) {
	i := install(t)
	reached := make(chan struct{}, 10)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached <- struct{}{} }))
	t.Cleanup(server.Close)
	a, err := New(i.conn, Options{Hook: Hook{Timeout: time.Second, Tries: 1, URL: server.URL}, URL: base})
	if err != nil {
		t.Fatal(err)
	}
	streamstest.Go(t, a.Run)
	order, revision := i.order(server.URL)
	order.Status, order.Reason = schemas.VideoError, "no disk"
	if _, err := exports.New(i.conn).Update(streamstest.Context(t), order, revision); err != nil {
		t.Fatal(err)
	}
	for _, sent := range i.announcements(order.Order.Sessions[0], 2) {
		if own := sent.GetMeans() == ChannelURL; sent.GetDelivered() != own || !own && !strings.Contains(sent.GetDetail(), "not a public address") {
			t.Errorf("got %v", sent)
		}
	}
	i.announcements(order.Order.Sessions[1], 1)
	if len(reached) != 2 { // the hook of the environment, for each session
		t.Errorf("it was reached %d times", len(reached))
	}
}
