package announce

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/exports"
	"github.com/selene-liveness/selene/streams/links"
	"github.com/selene-liveness/selene/streams/objects"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// wantLink checks that a link opens a path for an hour and no longer.
func (i *installation) wantLink(link, path string) {
	i.t.Helper()
	u, err := url.Parse(strings.TrimSpace(link))
	if err != nil {
		i.t.Fatal(err)
	}
	if !strings.HasPrefix(link, base) || u.Path != path {
		i.t.Errorf("link %q, want one to %s", link, path)
	}
	all := links.New(i.conn, base)
	if err := all.Check(u.Path, u.Query(), time.Now()); err != nil {
		i.t.Errorf("%s: %v", link, err)
	}
	if err := all.Check(u.Path, u.Query(), time.Now().Add(time.Hour+time.Second)); err == nil {
		i.t.Errorf("%s does not expire", link)
	}
}

func TestReceiversGetLinksThatNeedNoToken(t *testing.T) {
	i := install(t)
	i.store(map[string]any{"video": map[string]any{"link_ttl": 3600}})
	dir := t.TempDir()
	i.announce(Hook{Command: script(t, `printenv SELENE_FILE > "$1/file"`) + " " + dir}, "secret")
	session := i.finish(nil).GetSession()
	i.delivered(session)
	file, err := os.ReadFile(filepath.Join(dir, "file"))
	if err != nil {
		t.Fatal(err)
	}
	i.wantLink(string(file), "/v1/sessions/"+session+"/video")

	address, posts := hooked(t)
	e, revision := i.order(address)
	e.Status = schemas.VideoSuccess
	for _, session := range e.Order.Sessions {
		e.Files = append(e.Files, schemas.ExportFile{Session: session, Name: session + ".mp4", Object: objects.ExportName(e.ID, session, ".mp4"), Codec: schemas.CodecH264})
	}
	if _, err := exports.New(i.conn).Update(streamstest.Context(t), e, revision); err != nil {
		t.Fatal(err)
	}
	got := <-posts
	for n, f := range got.Files {
		i.wantLink(f.URL, "/v1/exports/"+e.ID+"/files/"+e.Files[n].Name)
	}
	if stored, _, err := exports.New(i.conn).Get(t.Context(), e.ID); err != nil || stored.Files[0].URL != "" {
		t.Errorf("the link is stored: %+v, %v", stored, err)
	}
}
