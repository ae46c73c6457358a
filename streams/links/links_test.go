package links_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/links"
	"github.com/selene-liveness/selene/streams/seal"
	"github.com/selene-liveness/selene/streams/streamstest"
)

const session = "3e7a8f1c-6f54-4c3e-9f3e-0d1f6f7e9a10"

func parsed(t *testing.T, link string) *url.URL {
	t.Helper()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestLinksOpenWhatTheyNameUntilTheyExpire(t *testing.T) {
	b := streamstest.Broker(t, false)
	l := links.New(streamstest.Connect(t, b), "https://selene.example/below/")
	video, err := l.Video(session, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(video, "https://selene.example/below/v1/sessions/"+session+"/video?expires=") {
		t.Errorf("link %s", video)
	}
	file, err := l.Export("job", "ä b/c?.mp4", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	q, path := parsed(t, video).Query(), "/v1/sessions/"+session+"/video"
	if err := l.Check(path, q, now); err != nil {
		t.Error(err)
	}
	if err := l.Check("/v1/exports/job/files/ä b/c?.mp4", parsed(t, file).Query(), now); err != nil {
		t.Error(err)
	}
	if err := l.Check(path, q, now.Add(time.Hour+time.Second)); !errors.Is(err, links.ErrExpired) {
		t.Errorf("an hour later: %v", err)
	}
	for name, c := range map[string]struct{ path, key, value string }{
		"other path":         {"/v1/sessions/3e7a8f1c-6f54-4c3e-9f3e-0d1f6f7e9a11/video", "", ""},
		"signature of a job": {path, "signature", parsed(t, file).Query().Get("signature")},
		"later expiry":       {path, "expires", "9999999999"},
		"no signature":       {path, "signature", ""},
		"no base64":          {path, "signature", "?"},
	} {
		q := parsed(t, video).Query()
		if c.key != "" {
			q.Set(c.key, c.value)
		}
		if err := l.Check(c.path, q, now); !errors.Is(err, links.ErrWrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLinksOutliveANewMasterKey(t *testing.T) {
	b := streamstest.Broker(t, false)
	video, err := links.New(streamstest.Connect(t, b), "").Video(session, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	fresh := make([]byte, seal.KeySize)
	fresh[0] = 1
	conn, err := streams.Connect(t.Context(), streams.Options{Broker: b, Master: seal.NewMaster(fresh, make([]byte, seal.KeySize))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	l := links.New(conn, "")
	if err := l.Check(parsed(t, video).Path, parsed(t, video).Query(), time.Now()); err != nil {
		t.Error(err)
	}
	plain, err := l.Video(session, 0)
	if err != nil || plain != "/v1/sessions/"+session+"/video" {
		t.Errorf("without a time: %s, %v", plain, err)
	}
}
