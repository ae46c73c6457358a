package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/selene-liveness/selene/edge/client"
	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/media"
	"github.com/selene-liveness/selene/streams/media/mediatest"
	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/streams/sweep"
	"github.com/selene-liveness/selene/workers/workertest"
)

// refusals is the log of a nats-server: what it refuses fails the test.
type refusals struct{ t *testing.T }

func (refusals) Noticef(string, ...any) {}
func (refusals) Warnf(string, ...any)   {}
func (refusals) Debugf(string, ...any)  {}
func (refusals) Tracef(string, ...any)  {}
func (r refusals) Fatalf(format string, a ...any) {
	r.t.Errorf("nats-server: "+format, a...)
}

func (r refusals) Errorf(format string, a ...any) {
	if text := fmt.Sprintf(format, a...); strings.Contains(text, "iolation") {
		r.t.Errorf("nats-server: %s", text)
	}
}

// natsServer runs a nats-server with the configuration in deploy/nats, which listens, and returns its URL and the folders of its
// credentials and of its files.
func natsServer(t *testing.T, plugins string) (url, keys, files string) {
	t.Helper()
	keys, files = t.TempDir(), t.TempDir()
	if out, exit := selene(t, nil, "broker", "credentials", keys, "--plugins", plugins); exit != 0 {
		t.Fatal(out)
	}
	config, err := os.ReadFile(filepath.Join(root(t), "deploy/nats/nats.conf"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(keys, "nats.conf")
	if err := os.WriteFile(path, config, 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := server.ProcessConfigFile(path)
	if err != nil {
		t.Fatal(err)
	}
	o.Host, o.Port, o.StoreDir, o.NoSigs = "127.0.0.1", server.RANDOM_PORT, files, true
	o.SyncAlways = false // for speed
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.SetLogger(refusals{t}, false, false)
	go s.Start()
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	if !s.ReadyForConnections(streamstest.Timeout) {
		t.Fatal("the broker does not come up")
	}
	return s.ClientURL(), keys, files
}

// only returns a folder with the credentials of one role, as a container has it.
func only(t *testing.T, keys, role string) string {
	t.Helper()
	seed, err := os.ReadFile(streams.CredentialsFile(keys, role))
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.WriteFile(streams.CredentialsFile(folder, role), seed, 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

// call sends a request to the REST API.
func (i *installation) call(method, path string, body any) (int, []byte) {
	i.t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		i.t.Fatal(err)
	}
	r, err := http.NewRequest(method, "http://"+i.addr+path, bytes.NewReader(data))
	if err != nil {
		i.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+adminToken)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		i.t.Fatal(err)
	}
	defer answer.Body.Close()
	var text bytes.Buffer
	if _, err := text.ReadFrom(answer.Body); err != nil {
		i.t.Fatal(err)
	}
	return answer.StatusCode, text.Bytes()
}

// The marks of a person, which nothing on a disk may show.
const (
	markOfPerson  = "mark-of-the-person-2c9e71"
	markOfCamera  = "mark-of-the-camera-e8410b"
	markOfPicture = "mark-in-the-picture-90b7d5"
)

// withMark returns a picture with the mark in a comment of the file.
func withMark(picture []byte) []byte {
	segment := append([]byte{0xff, 0xfe, 0, byte(len(markOfPicture) + 2)}, markOfPicture...)
	return append(append(bytes.Clone(picture[:2]), segment...), picture[2:]...)
}

// passes plays a session that was created over REST with a reference face, and returns its ID.
func (i *installation) passes(pictures [][]byte) string {
	i.t.Helper()
	status, answer := i.call(http.MethodPost, "/v1/sessions", map[string]any{"reference": withMark(pictures[0]), "external_id": markOfPerson})
	var made struct{ Session, Token string }
	if err := json.Unmarshal(answer, &made); err != nil || status != http.StatusCreated {
		i.t.Fatalf("%d %s", status, answer)
	}
	c, err := client.Dial(i.t.Context(), "ws://"+i.addr+"/ws")
	if err != nil {
		i.t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Connect(i.t.Context(), lpproto.ConnectRequest{SessionID: made.Session, Token: made.Token, Device: markOfCamera}); err != nil {
		i.t.Fatal(err)
	}
	var last lpproto.Message
	for _, p := range pictures[1:] {
		if err := c.SendFrame(lpproto.ContentJPEG, withMark(p)); err != nil {
			i.t.Fatal(err)
		}
		if last, err = c.Reply(i.t.Context()); err != nil {
			i.t.Fatal(err)
		}
		if last.Command == lpproto.Success {
			return made.Session
		}
	}
	i.t.Fatalf("the session did not pass: %s %s", last.Command, last.Body)
	return ""
}

// filmed waits for the video of a session.
func (i *installation) filmed(session string) {
	i.t.Helper()
	streamstest.Eventually(i.t, func() error {
		if answer, body := i.get("/v1/sessions/" + session + "/video"); answer.StatusCode != http.StatusOK {
			return fmt.Errorf("the video: %s %.200s", answer.Status, body)
		}
		return nil
	})
}

// files returns the files below folders whose path or content has any of the texts.
func files(t *testing.T, texts []string, folders ...string) (found []string) {
	t.Helper()
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			data := []byte(path)
			if err == nil && entry.Type().IsRegular() {
				var content []byte
				if content, err = os.ReadFile(path); errors.Is(err, fs.ErrNotExist) {
					return nil // it has just been replaced
				}
				data = append(data, content...)
			}
			for _, text := range texts {
				if bytes.Contains(data, []byte(text)) {
					found = append(found, text+" in "+path)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// A whole life of sessions where each part is a process of its own, which has the credentials of its role alone, on a nats-server with
// the files of deploy/nats, and files are in S3: judged, filmed, exported, recorded, moved to and from another installation, judged
// again, erased, expired. The broker refuses nothing, and what was erased or has expired can be read nowhere.
func TestLifeOfSessionsAsRoles(t *testing.T) {
	pictures := workertest.Clip(t, "real_zub_webcam_turns.webm", 5, 20)
	needPack(t, "base")
	s3, bucket, _ := mediatest.S3(t)
	objects := filepath.Join(bucket, "data") // beside it, the service keeps names of uploads that have ended
	url, keys, stored := natsServer(t, "hats")
	dir := t.TempDir()
	plugin := filepath.Join(dir, "hats")
	if out, err := exec.Command("go", "build", "-o", plugin, "../../workers/example").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	const thresholds = `"thresholds":{"yaw":90,"pitch":90,"roll":90,"liveness":0,"blur":0,"deepfake":0,"light":0,"dark":0,"illumination":0,"specularity":0,` +
		`"ags":0,"face_width":0,"face_height":0,"mouth_states":["smile","opened","occluded"]}`
	const common = `{"active_liveness":{"is_enabled":false},"virtual_camera_checker":{"policy":"log"},"file_logger":{"is_enabled":true},` +
		`"session":{"aggregate_frames":2,"max_attempts":-1,"max_liveness_attempts":-1},"video":{"codec":"H264","session_timeout":1},` + thresholds
	const document = common + `,"workers":[{"name":"liveness","required":true,"timeout":20},{"name":"matcher","required":true,"timeout":20},` +
		`{"name":"virtual-camera","required":true,"timeout":20},{"name":"hats","required":true,"timeout":20}]}`
	settings := filepath.Join(dir, "settings.json")
	if err := os.WriteFile(settings, []byte(document), 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{
		"SELENE_NATS_URL=" + url, streamstest.MasterKey, "SELENE_PACK=base", "SELENE_CONCURRENCY=1", "SELENE_MEDIA_STORE=" + media.StoreS3,
		"SELENE_MEDIA_S3_ENDPOINT=" + s3.Endpoint, "SELENE_MEDIA_S3_BUCKET=" + s3.Bucket, "SELENE_MEDIA_S3_REGION=" + s3.Region,
		"SELENE_MEDIA_S3_ACCESS_KEY=" + s3.AccessKey, "SELENE_MEDIA_S3_SECRET_KEY=" + s3.SecretKey, "SELENE_MEDIA_S3_TLS=false",
	}
	as := func(role string) []string {
		return append([]string{"SELENE_NATS_CREDENTIALS=" + only(t, keys, role)}, env...)
	}
	if out, exit := selene(t, as(streams.RoleAdmin), "broker", "streams"); exit != 0 {
		t.Fatal(out)
	}
	i := &installation{t, freeAddr(t)}
	parts := []*process{start(t, as(streams.RoleEdge), "edge", "--addr", i.addr, "--data", filepath.Join(dir, "edge"), "--settings", settings)}
	log := filepath.Join(dir, "filelog")
	for _, name := range []string{
		"detector", "liveness", "matcher", "active-liveness", "virtual-camera", "image-modification", "lightchallenge", "decider", "rerun", "filelog",
	} {
		parts = append(parts, start(t, append(as(name), "SELENE_FILELOG_DIR="+log), "worker", name, "--data", filepath.Join(dir, name)))
	}
	parts = append(parts, start(t, as("video"), "video", "--data", filepath.Join(dir, "video")))
	hats := exec.Command(plugin)
	hats.Env = append(os.Environ(), "SELENE_NATS_URL="+url, "SELENE_NATS_CREDENTIALS="+only(t, keys, "hats")) // and no master key
	if err := hats.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		hats.Process.Kill()
		hats.Wait()
	})
	i.waitReady(parts...)

	id, kept := i.passes(pictures), i.passes(pictures)
	i.filmed(id)
	i.filmed(kept)
	if exported := i.export(t.TempDir(), id); len(exported) != 1 {
		t.Errorf("exported %v", exported)
	}
	if exported := i.export(t.TempDir(), kept); len(exported) != 1 {
		t.Errorf("exported %v", exported)
	}
	here := []string{"SELENE_URL=http://" + i.addr, "SELENE_PACK=base"}
	bundle := filepath.Join(dir, "recorded.tar")
	if out, exit := selene(t, here, "record", id, "-o", bundle); exit != 0 {
		t.Fatal(out)
	}
	if out, exit := selene(t, here, "sessions", "verify", id); exit != 0 {
		t.Error(out)
	}
	i.judgeAgain(id)
	if out, exit := selene(t, append(here, as(streams.RoleRuns)...), "rerun", bundle, "--nats", url); exit != 0 {
		t.Error(out)
	}

	// To another installation, and from there.
	other := up(t, common+`}`, "SELENE_PACK=base", "SELENE_SESSION_TOKENS=optional")
	there := []string{"SELENE_URL=http://" + other.addr, "SELENE_PACK=base"}
	if out, exit := selene(t, there, "sessions", "import", "--trust", bundle); exit != 0 {
		t.Error(out)
	}
	foreign := other.passes(pictures)
	other.filmed(foreign)
	from := filepath.Join(dir, "foreign.tar")
	if out, exit := selene(t, there, "record", foreign, "-o", from); exit != 0 {
		t.Fatal(out)
	}
	if out, exit := selene(t, here, "sessions", "import", "--trust", from); exit != 0 {
		t.Error(out)
	}
	// Its pictures were seen here before, which says one verdict more than there.
	var again struct {
		Before, After string
		Missing       int
	}
	if status, answer := i.call(http.MethodPost, "/v1/sessions/"+foreign+"/rerun", nil); json.Unmarshal(answer, &again) != nil ||
		again.Before != "success" || again.After != "success" || again.Missing != 0 {
		t.Errorf("the imported session judged again: %d %s", status, answer)
	}

	// All of it is stored, and none of it can be read by whoever has the disks.
	marks := []string{markOfPerson, markOfCamera, markOfPicture, string(pictures[1][len(pictures[1])/2:][:32]), "ftypisom", "Exif\x00"}
	for _, session := range []string{id, kept, foreign} {
		if len(files(t, []string{session}, objects)) == 0 {
			t.Errorf("no file of %s is in S3: the search is blind", session)
		}
	}
	if found := files(t, marks, stored, bucket); len(found) > 0 {
		t.Errorf("before the erasure: %v", found)
	}
	const saidByPlugin = `{"colour":`
	if found := files(t, []string{saidByPlugin}, stored); len(found) == 0 {
		t.Error("no verdict of the plugin is on the disk: the search is blind")
	}

	if status, answer := i.call(http.MethodDelete, "/v1/sessions/"+id, nil); status != http.StatusNoContent {
		t.Fatalf("%d %s", status, answer)
	}
	streamstest.Eventually(t, func() error { // the file logger receives an event
		if found := files(t, []string{id}, objects, log); len(found) > 0 {
			return fmt.Errorf("after the erasure: %v", found)
		}
		return nil
	})
	if found := files(t, marks, stored, bucket); len(found) > 0 {
		t.Errorf("after the erasure: %v", found)
	}
	for _, path := range []string{"", "/frames/1", "/video"} {
		if answer, body := i.get("/v1/sessions/" + id + path); answer.StatusCode != http.StatusGone && answer.StatusCode != http.StatusNotFound {
			t.Errorf("after the erasure %s: %s %.200s", path, answer.Status, body)
		}
	}
	i.filmed(kept)

	// Time passes: the broker removes what is too old, and the video worker's sweep the rest.
	for _, part := range parts {
		part.cmd.Process.Signal(os.Interrupt)
		<-part.done
	}
	options := func(role string) streams.Options {
		m := media.DefaultConfig()
		m.Store, m.S3 = media.StoreS3, s3
		return streams.Options{URL: url, Name: role, Role: role, Credentials: only(t, keys, role), Master: streamstest.Master(), Media: m}
	}
	admin, video, ctx := streamstest.As(t, options(streams.RoleAdmin)), streamstest.As(t, options("video")), streamstest.Context(t)
	later := time.Now().Add(24*time.Hour - 5*time.Minute)
	if _, err := sweep.New(video).Sweep(ctx, later); err != nil {
		t.Error(err)
	}
	if found := files(t, []string{saidByPlugin}, stored); len(found) > 0 {
		t.Errorf("what the plugin said is left: %v", found)
	}
	for _, name := range []string{streams.Frames, streams.Verdicts, streams.Decisions, streams.Sessions, streams.Videos, streams.Announcements, streams.Dead} {
		if err := admin.Stream(name).Purge(ctx, ">", 0); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{streams.BucketTickets, streams.BucketExports} {
		if err := admin.Bucket(name).Purge(ctx, ">"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := sweep.New(video).Sweep(ctx, time.Now().Add(40*24*time.Hour)); err != nil {
		t.Error(err)
	}
	if left := files(t, []string{id, kept, foreign}, objects); len(left) > 0 {
		t.Errorf("in S3 is left %v", left)
	}
	left, err := admin.Bucket(streams.BucketKeys).List(ctx, ">")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range left {
		if strings.HasPrefix(k.Key, kept) || strings.HasPrefix(k.Key, foreign) {
			t.Errorf("a key is left: %s", k.Key)
		}
	}
	if found := files(t, marks, stored, bucket); len(found) > 0 {
		t.Errorf("after everything expired: %v", found)
	}
}
