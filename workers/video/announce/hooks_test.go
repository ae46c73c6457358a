package announce

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/streams/webhook"
)

// script creates an executable file.
func script(t *testing.T, lines string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hook.sh")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+lines+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCommandGetsTheRecord(t *testing.T) {
	t.Setenv("SELENE_ADMIN_TOKEN", "hush")
	i := install(t)
	dir := t.TempDir()
	hook := script(t, `cat > "$1/stdin"; env > "$1/env"; echo "$#" '$HOME;' "$2" done`)
	i.announce(Hook{Command: hook + " " + dir + "  $HOME;id"}, "")
	session := i.finish(nil).GetSession()
	a := i.delivered(session)
	if a.GetMeans() != "command" || a.GetTarget() != hook || a.GetDetail() != "2 $HOME; $HOME;id done" || a.GetTries() != 1 {
		t.Errorf("got %v", a)
	}
	stdin, _ := os.ReadFile(filepath.Join(dir, "stdin"))
	if string(stdin) != wanted(session) {
		t.Errorf("standard input: %s", stdin)
	}
	environment, _ := os.ReadFile(filepath.Join(dir, "env"))
	for _, want := range []string{
		"PATH=", "SELENE_SESSION=" + session, "SELENE_FILE=https://selene.example/v1/sessions/" + session + "/video", "SELENE_CODEC=H264",
		"SELENE_FRAMES=75", "SELENE_DURATION=2.500", "SELENE_RESULT=success", "SELENE_JOB=\n", "SELENE_REASON=\n",
	} {
		if !strings.Contains(string(environment), want) {
			t.Errorf("the environment has no %s:\n%s", want, environment)
		}
	}
	if strings.Contains(string(environment), "hush") {
		t.Error("the command sees the admin token")
	}
}

func TestCommandIsTriedAgain(t *testing.T) {
	t.Parallel()
	i := install(t)
	marks := t.TempDir()
	i.announce(Hook{Command: script(t, `mkdir "$0.$SELENE_SESSION.1" 2>/dev/null && { echo not yet >&2; exit 3; }; touch "`+marks+`/$SELENE_SESSION"`)}, "")
	session := i.finish(nil).GetSession()
	if a := i.delivered(session); a.GetTries() != 2 {
		t.Errorf("got %v", a)
	}
	if _, err := os.Stat(filepath.Join(marks, session)); err != nil {
		t.Error(err)
	}
}

func TestCommandIsAbandoned(t *testing.T) {
	t.Parallel()
	i := install(t)
	i.announce(Hook{Command: script(t, `head -c 100000 /dev/zero | tr '\0' .; printf 'the \377 end'; exit 3`), Tries: 2}, "")
	a := i.announcements(i.finish(nil).GetSession(), 1)[0]
	if a.GetDelivered() || a.GetTries() != 2 || !strings.HasSuffix(a.GetDetail(), "..the ? end") || !strings.Contains(a.GetDetail(), "exit status 3") || len(a.GetDetail()) > 1200 {
		t.Errorf("got %v", a)
	}
}

// A command that hangs is killed with all processes it started.
func TestCommandIsKilled(t *testing.T) {
	t.Parallel()
	i := install(t)
	pid := filepath.Join(t.TempDir(), "pid")
	i.announce(Hook{Command: script(t, `sleep 1000 & echo $! > `+pid+`; echo waiting; wait`), Timeout: 300 * time.Millisecond, Tries: 1}, "")
	a := i.announcements(i.finish(nil).GetSession(), 1)[0]
	if a.GetDelivered() || !strings.Contains(a.GetDetail(), "killed after 300ms: waiting") {
		t.Errorf("got %v", a)
	}
	child, err := os.ReadFile(pid)
	if err != nil {
		t.Fatal(err)
	}
	id, err := strconv.Atoi(strings.TrimSpace(string(child)))
	if err != nil {
		t.Fatal(err)
	}
	streamstest.Eventually(t, func() error {
		if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", id)); err == nil && !strings.Contains(string(stat), ") Z ") && syscall.Kill(id, 0) == nil {
			return fmt.Errorf("process %d is still there", id)
		}
		return nil
	})
}

// A command may leave a process running, whose output is not waited for.
func TestCommandLeavesABackgroundJob(t *testing.T) {
	t.Parallel()
	i := install(t)
	i.announce(Hook{Command: script(t, `sleep 3 & echo begun`)}, "")
	if a := i.delivered(i.finish(nil).GetSession()); a.GetDetail() != "begun" {
		t.Errorf("got %v", a)
	}
}

func TestURLGetsTheRecord(t *testing.T) {
	t.Parallel()
	i := install(t)
	var posts atomic.Int32
	var body, signature atomic.Value
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if posts.Add(1) == 1 {
			http.Error(w, "not yet", http.StatusServiceUnavailable)
			return
		}
		data, _ := io.ReadAll(r.Body)
		body.Store(string(data))
		signature.Store(r.Header.Get(webhook.HeaderSignature))
		w.WriteHeader(http.StatusNoContent)
	}))
	defer server.Close()
	i.announce(Hook{URL: strings.Replace(server.URL, "//", "//me:hush@", 1) + "/videos?key=hush"}, "secret")
	session := i.finish(nil).GetSession()
	a := i.delivered(session)
	if a.GetMeans() != "url" || a.GetTries() != 2 || a.GetTarget() != server.URL+"/videos" || a.GetDetail() != "204 No Content" {
		t.Errorf("got %v", a)
	}
	if body.Load() != wanted(session) {
		t.Errorf("got %s", body.Load())
	}
	if s := fmt.Sprint(signature.Load()); !strings.HasPrefix(s, "t=") || !strings.Contains(s, ",v1=") {
		t.Errorf("signature %q", s)
	}
}

// A receiver may be down for some minutes, but no delay grows beyond a few.
func TestHooksAreTriedForMinutes(t *testing.T) {
	a, err := New(streamstest.Connect(t, streamstest.Broker(t, false)), Options{Hook: Hook{Timeout: time.Second, Tries: 8}, URL: base})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range a.channels {
		if m.name == ChannelRedis {
			continue
		}
		all := time.Duration(0)
		for tries := 1; tries < m.work.MaxTries; tries++ {
			all += m.work.Delay(tries)
		}
		if all < 10*time.Minute || m.work.Delay(1) > time.Second || m.work.Delay(1_000_000) != 5*time.Minute {
			t.Errorf("%s: %v until the last try, %v at first, %v at most", m.name, all, m.work.Delay(1), m.work.Delay(1_000_000))
		}
	}
}

// A channel that is down delays no other.
func TestChannelsDoNotWaitForEachOther(t *testing.T) {
	i := install(t)
	hang := make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	defer slow.Close()
	defer close(hang)
	i.set(map[string]any{"port": 1})
	i.announce(Hook{URL: slow.URL, Command: script(t, "cat"), Timeout: 20 * time.Second}, "")
	for range 8 {
		if a := i.delivered(i.finish(nil).GetSession()); a.GetMeans() != "command" {
			t.Errorf("got %v", a)
		}
	}
}

func TestWrongOptions(t *testing.T) {
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	fine := Options{Hook: Hook{Timeout: time.Second, Tries: 1}, URL: base}
	if _, err := New(conn, fine); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Options){
		"SELENE_VIDEO_HOOK_COMMAND": func(o *Options) { o.Hook.Command = "/no/such/program -x" },
		"SELENE_VIDEO_HOOK_URL":     func(o *Options) { o.Hook.URL = "selene.example/hook" },
		"SELENE_VIDEO_HOOK_TIMEOUT": func(o *Options) { o.Hook.Timeout = 0 },
		"SELENE_VIDEO_HOOK_TRIES":   func(o *Options) { o.Hook.Tries = 0 },
		"SELENE_URL":                func(o *Options) { o.URL = "selene.example" },
	} {
		wrong := fine
		change(&wrong)
		if _, err := New(conn, wrong); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
