package announce

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// wanted returns the record of a video that installation.finish publishes.
func wanted(session string) string {
	return `{"session_id":"` + session + `","file":"https://selene.example/v1/sessions/` + session + `/video","codec":"H264","frames":75,` +
		`"started_at":"2026-03-04T05:06:07.008Z","finished_at":"2026-03-04T05:06:08.508Z","duration":2.5,"result":"success"}`
}

func TestRedisListWithUserAndDatabase(t *testing.T) {
	i := install(t)
	// The user has exactly the permissions that README.md lists.
	rights := strings.Fields("~videos ~{videos}:* +eval +evalsha +rpush +xadd +hexists +hset +expire +persist +select +client|setname")
	r := redisServer(t, append([]string{"--requirepass", "not this", "--user", "selene", "on", ">hush hush"}, rights...)...)
	r.cli = []string{"-a", "not this", "--no-auth-warning", "-n", "3"}
	r.start()
	i.set(map[string]any{"queue_name": "videos", "port": r.port, "number": 3, "user": "selene", "password": "hush hush"})
	i.announce(Hook{}, "")
	session := i.finish(nil).GetSession()
	a := i.delivered(session)
	if want := fmt.Sprintf("list videos at 127.0.0.1:%d/3", r.port); a.GetMeans() != "redis" || a.GetTarget() != want || a.GetDetail() != "queued" {
		t.Errorf("got %v", a)
	}
	if got := r.do("LRANGE", "videos", "0", "-1"); got != wanted(session) {
		t.Errorf("got  %s\nwant %s", got, wanted(session))
	}
	hash := "{videos}:" + session
	for field, want := range map[string]string{
		"session_id": session, "job": "", "codec": "H264", "frames": "75", "duration": "2.5", "result": "success", "reason": "",
		"file": "https://selene.example/v1/sessions/" + session + "/video", "started_at": "2026-03-04T05:06:07.008Z", "finished_at": "2026-03-04T05:06:08.508Z",
	} {
		if got := r.do("HGET", hash, field); got != want {
			t.Errorf("%s: got %q, want %q", field, got, want)
		}
	}
	if ttl, err := strconv.Atoi(r.do("TTL", hash)); err != nil || ttl < 900 || ttl > 1000 {
		t.Errorf("the hash lives %d s, %v", ttl, err)
	}
}

func TestRedisStream(t *testing.T) {
	i := install(t)
	r := redisServer(t).start()
	i.set(map[string]any{"queue_type": "stream", "port": r.port})
	i.announce(Hook{}, "")
	failed := i.finish(func(s *schemas.VideoStatus) {
		s.Status, s.Reason, s.Frames, s.DurationNanos = schemas.VideoError, "no frame can be decoded", 0, 0
	}).GetSession()
	i.delivered(failed)
	entry := strings.Split(r.do("XREAD", "COUNT", "9", "STREAMS", "default", "0"), "\n")
	if len(entry) != 4 || entry[2] != "record" {
		t.Fatalf("got %q", entry)
	}
	var got Record
	if err := json.Unmarshal([]byte(entry[3]), &got); err != nil {
		t.Fatal(err)
	}
	if got.Session != failed || got.Result != "error" || got.Reason != "no frame can be decoded" || got.File != "" {
		t.Errorf("got %+v", got)
	}
}

func TestRedisOverTLS(t *testing.T) {
	i := install(t)
	r := redisServer(t)
	certificate(filepath.Join(r.dir, "cert.pem"), filepath.Join(r.dir, "key.pem"), testCA.certificate, testCA.key)
	r.args = []string{
		"--port", "0", "--tls-port", strconv.Itoa(r.port), "--tls-auth-clients", "no", "--tls-ca-cert-file", testCA.file,
		"--tls-cert-file", filepath.Join(r.dir, "cert.pem"), "--tls-key-file", filepath.Join(r.dir, "key.pem"),
	}
	r.cli = []string{"--tls", "--cacert", testCA.file}
	r.start()
	i.set(map[string]any{"port": r.port, "tls": true})
	i.announce(Hook{}, "")
	session := i.finish(nil).GetSession()
	i.delivered(session)
	r.wants(wanted(session), "LPOP", "default")
}

// Redis is down at first: the video is stored, and announced once Redis is up.
func TestRedisDownAtFirst(t *testing.T) {
	t.Parallel()
	i := install(t)
	ctx := streamstest.Context(t)
	r := redisServer(t)
	i.set(map[string]any{"port": r.port})
	tried := i.announce(Hook{}, "")
	var finished []string
	for range 5 {
		finished = append(finished, i.finish(nil).GetSession())
	}
	<-tried
	<-tried
	for _, session := range finished {
		if v, err := sessions.New(i.conn).LastVideo(ctx, session); err != nil || v.GetStatus() != schemas.VideoSuccess {
			t.Errorf("while Redis is down the video is %v, %v", v, err)
		}
	}
	r.start()
	retried := uint32(0)
	for _, session := range finished {
		retried = max(retried, i.delivered(session).GetTries())
	}
	if retried < 2 {
		t.Error("nothing was tried again")
	}
	r.wants("5", "LLEN", "default")
}

// A message that is handled twice, because a reply or an acknowledgement was lost, is announced once.
func TestRedisIsNotifiedOnce(t *testing.T) {
	i := install(t)
	r := redisServer(t).start()
	i.set(map[string]any{"port": r.port})
	i.announce(Hook{}, "")
	s := i.finish(nil)
	i.delivered(s.GetSession())
	i.publish(s)
	s.FinishedUnixNanos++ // made again after a crash, from the same frames
	i.publish(s)
	all := i.announcements(s.GetSession(), 3)
	if got := all[2].GetDetail(); got != "already queued" || !all[2].GetDelivered() {
		t.Errorf("got %v", all)
	}
	r.wants("1", "LLEN", "default")

	s.LastFrame++ // from more frames, since the session was resumed
	i.publish(s)
	i.announcements(s.GetSession(), 4)
	r.wants("2", "LLEN", "default")
}

// Each file of an export is announced, regardless of the order of retries.
func TestRedisExportOfSeveralSessions(t *testing.T) {
	i := install(t)
	r := redisServer(t).start()
	i.set(map[string]any{"port": r.port})
	i.announce(Hook{}, "")
	job := uuid.NewString()
	file := func(s *schemas.VideoStatus) { s.Job, s.FileName, s.LastFrame = job, "a b.mp4", 0 }
	first, second := i.finish(file), i.finish(file)
	i.delivered(first.GetSession())
	i.delivered(second.GetSession())
	i.publish(first)
	i.publish(second)
	i.announcements(first.GetSession(), 2)
	i.announcements(second.GetSession(), 2)
	r.wants("2", "LLEN", "default")
	for field, want := range map[string]string{"job": job, "file": "https://selene.example/v1/exports/" + job + "/files/a%20b.mp4"} {
		if got := r.do("HGET", "{default}:"+job, field); got != want {
			t.Errorf("%s: got %q, want %q", field, got, want)
		}
	}
	i.finish(func(s *schemas.VideoStatus) { file(s); s.Status = schemas.VideoCanceled })
	i.delivered(i.finish(nil).GetSession())
	r.wants("3", "LLEN", "default") // and not the canceled one
}

// Settings apply from the next video on.
func TestRedisSettingsChange(t *testing.T) {
	i := install(t)
	i.announce(Hook{URL: "http://127.0.0.1:1/", Tries: 1}, "")
	early := i.finish(nil).GetSession()
	i.announcements(early, 1) // of the hook; Redis is disabled
	one, other := redisServer(t).start(), redisServer(t).start()
	i.set(map[string]any{"port": one.port})
	first := i.finish(nil).GetSession()
	i.announcements(first, 2)
	i.set(map[string]any{"port": other.port, "queue_name": "q"})
	second := i.finish(nil).GetSession()
	i.announcements(second, 2)
	one.wants(wanted(first), "LRANGE", "default", "0", "-1")
	other.wants(wanted(second), "LRANGE", "q", "0", "-1")
	one.wants("0", "EXISTS", "q")
	i.announcements(early, 1)
}

// The connection to the previous server is closed at once, not when the garbage is collected.
func TestRedisClientsAreClosed(t *testing.T) {
	q := &redisQueue{}
	settings := schemas.VideoRedis{IsEnabled: true, Host: "127.0.0.1", Port: 1}
	for _, change := range []func(){func() { settings.Port++ }, func() { settings.IsEnabled = false }} {
		q.follow(settings)
		old := q.client
		change()
		q.follow(settings)
		if err := old.Ping(t.Context()).Err(); !errors.Is(err, redis.ErrClosed) {
			t.Errorf("the old client answers %v", err)
		}
	}
	if q.client != nil {
		t.Error("a client exists although Redis is disabled")
	}
}
