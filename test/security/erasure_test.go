package security

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/selene-liveness/selene/edge/client"
	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/workers/workertest"
)

// The marks that are searched for in every file of the data folder.
const (
	pictureMark  = "mark-in-the-picture-5d1f7c"
	externalMark = "mark-of-the-person-9a34e0"
	cameraMark   = "mark-of-the-camera-77b2c8"
)

// marked returns a picture with the mark in a comment of the file.
func marked(picture []byte) []byte {
	segment := append([]byte{0xff, 0xfe, 0, byte(len(pictureMark) + 2)}, pictureMark...)
	return append(append(bytes.Clone(picture[:2]), segment...), picture[2:]...)
}

// filesWith returns the files below a folder in which any of the marks is, with the mark.
func filesWith(t *testing.T, dir string, marks map[string][]byte) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && !entry.Type().IsRegular() {
			return nil
		}
		var data []byte
		if err == nil {
			data, err = os.ReadFile(path)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it has just been replaced
		}
		name, _ := filepath.Rel(dir, path)
		for mark, text := range marks {
			if bytes.Contains(data, text) {
				found = append(found, mark+" in "+name)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// wrappedKeys returns the keys of a session as they are stored, by reading the files of the broker.
func (i *installation) wrappedKeys(session string) map[string][]byte {
	i.t.Helper()
	keys := map[string][]byte{}
	blocks, err := filepath.Glob(filepath.Join(i.data, "broker/jetstream/*/streams", streams.BucketStream(streams.BucketKeys), "msgs/*.blk"))
	if err != nil {
		i.t.Fatal(err)
	}
	for _, block := range blocks {
		data, err := os.ReadFile(block)
		if err != nil {
			i.t.Fatal(err)
		}
		for rest := data; ; {
			_, after, found := bytes.Cut(rest, []byte(streams.BucketKeys+"."+session))
			if rest = after; !found {
				break
			}
			_, value, found := bytes.Cut(after, []byte("\r\n\r\n")) // the end of its headers
			const wrapped = 1 + 8 + 12 + 32 + 16
			if found && len(value) > wrapped && value[0] == 1 {
				keys[fmt.Sprintf("key %d", len(keys))] = value[1:wrapped]
			}
		}
	}
	return keys
}

// What belongs to a session is nowhere in the data folder in a form that can be read: not while it is stored, because it is encrypted,
// and not in any form once it was erased, because its keys are overwritten. Nobody can open the session again.
func TestErasureLeavesNothing(t *testing.T) {
	i := up(t, `{"active_liveness":{"is_enabled":false},"virtual_camera_checker":{"is_enabled":false},"file_logger":{"is_enabled":true},
		"session":{"aggregate_frames":2,"max_attempts":-1,"max_liveness_attempts":-1},"video":{"codec":"VP9","session_timeout":1},
		"thresholds":{"yaw":90,"pitch":90,"roll":90,"liveness":0,"blur":0,"deepfake":0,"light":0,"dark":0,"illumination":0,"specularity":0,"ags":0,"face_width":0,"face_height":0}}`)
	admin := "Bearer " + adminToken
	pictures := workertest.Clip(t, "real_zub_webcam_turns.webm", 5, 20)
	order, err := json.Marshal(map[string]any{"reference": marked(pictures[0]), "external_id": externalMark})
	if err != nil {
		t.Fatal(err)
	}
	status, answer := i.call(http.MethodPost, "/v1/sessions", admin, order, "Content-Type", "application/json")
	var made struct {
		Session string `json:"session"`
		Token   string `json:"token"`
	}
	if err := json.Unmarshal(answer, &made); err != nil || status != http.StatusCreated {
		t.Fatalf("%d %s", status, answer)
	}
	id := made.Session
	open := func() (*client.Conn, error) {
		c, err := client.Dial(t.Context(), "ws://"+i.addr+"/ws")
		if err != nil {
			t.Fatal(err)
		}
		_, err = c.Connect(t.Context(), lpproto.ConnectRequest{SessionID: id, Token: made.Token, Device: cameraMark})
		return c, err
	}
	c, err := open()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	passed := false
	for n := 1; n < len(pictures) && !passed; n++ {
		if err := c.SendFrame(lpproto.ContentJPEG, marked(pictures[n])); err != nil {
			t.Fatal(err)
		}
		m, err := c.Reply(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		passed = m.Command == lpproto.Success
	}
	if !passed {
		t.Fatal("the session did not pass")
	}
	streamstest.Eventually(t, func() error {
		if status, answer := i.call(http.MethodGet, "/v1/sessions/"+id+"/video", admin, nil); status != http.StatusOK || !bytes.Contains(answer, []byte("webm")) {
			return fmt.Errorf("the video: %d %.100s", status, answer)
		}
		return nil
	})

	marks := map[string][]byte{
		"the comment": []byte(pictureMark), "the picture": pictures[1][len(pictures[1])/2:][:32], "the external ID": []byte(externalMark), "the camera": []byte(cameraMark),
		"a video": []byte("\x42\x82\x84webm"),
	}
	log := filepath.Join(i.data, "filelog")
	if found := filesWith(t, log, marks); len(found) == 0 {
		t.Error("the file logger has written nothing: the search is blind")
	}
	for _, found := range filesWith(t, i.data, marks) {
		if !strings.Contains(found, " in filelog/") { // which is there to be read
			t.Errorf("before the erasure: %s", found)
		}
	}
	if t.Failed() {
		return
	}
	keys := map[string][]byte{}
	streamstest.Eventually(t, func() error {
		if keys = i.wrappedKeys(id); len(keys) < 4 { // of frames, of decisions, and of files
			return fmt.Errorf("%d keys are stored", len(keys))
		}
		return nil
	})
	if found := filesWith(t, i.data, keys); len(found) < len(keys) {
		t.Errorf("the search for keys is blind: %v", found)
	}

	if status, answer := i.call(http.MethodDelete, "/v1/sessions/"+id, admin, nil); status != http.StatusNoContent {
		t.Fatalf("%d %s", status, answer)
	}
	for name, key := range keys {
		marks[name] = key
	}
	gone := func(when string) {
		t.Helper()
		streamstest.Eventually(t, func() error { // the file logger receives an event
			if found := filesWith(t, log, marks); len(found) > 0 {
				return fmt.Errorf("%s: %v", when, found)
			}
			return nil
		})
		for _, found := range filesWith(t, i.data, marks) {
			t.Errorf("%s: %s", when, found)
		}
		c, err := open()
		c.Close()
		var refused *client.Unexpected
		if !errors.As(err, &refused) {
			t.Fatalf("%s the session was opened again: %v", when, err)
		}
		if code, err := refused.Message.ErrorCode(); err != nil || code != lpproto.CodeSessionID {
			t.Errorf("%s it was refused with %d, %v", when, code, err)
		}
		if made.Token = ""; t.Failed() {
			return
		}
		if c, err := open(); err == nil { // without its token
			c.Close()
			t.Errorf("%s the session was opened again by anybody", when)
		}
		for _, path := range []string{"", "/frames/1", "/video"} {
			if status, answer := i.call(http.MethodGet, "/v1/sessions/"+id+path, admin, nil); status != http.StatusGone && status != http.StatusNotFound {
				t.Errorf("%s %s: %d %.200s", when, path, status, answer)
			}
		}
	}
	gone("after the erasure")
	i.stop()
	i.start()
	gone("after a restart")
}
