package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/selene-liveness/selene/streams/streamstest"
)

// export runs `selene export` and returns the files it fetched.
func (i *installation) export(dir string, args ...string) (files []string) {
	i.t.Helper()
	cmd := exec.Command(binary, append([]string{"export", "--url", "http://" + i.addr, "--token", adminToken, "-o", dir}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if out, err := cmd.Output(); err != nil {
		i.t.Fatalf("selene export: %v\n%s%s", err, out, stderr.String())
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		i.t.Fatal(err)
	}
	for _, e := range entries {
		files = append(files, filepath.Join(dir, e.Name()))
	}
	return files
}

type probedFile struct {
	Streams []struct {
		Codec  string `json:"codec_name"`
		Width  int    `json:"width"`
		Height int    `json:"height"`
		Rate   string `json:"avg_frame_rate"`
		Frames string `json:"nb_read_frames"`
	}
}

func probe(t *testing.T, file string) (p probedFile) {
	t.Helper()
	out, err := exec.Command("ffprobe", "-v", "error", "-count_frames", "-of", "json", "-show_streams", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &p); err != nil || len(p.Streams) != 1 {
		t.Fatalf("ffprobe: %v in %s", err, out)
	}
	return p
}

// pixels returns the first frame of a file in grey.
func pixels(t *testing.T, file string, filter string) []byte {
	t.Helper()
	out, err := exec.Command("ffmpeg", "-v", "error", "-i", file, "-frames:v", "1", "-vf", filter, "-pix_fmt", "gray", "-f", "rawvideo", "-").Output()
	if err != nil || len(out) == 0 {
		t.Fatalf("ffmpeg: %v", err)
	}
	return out
}

func TestExportsOfRealSessions(t *testing.T) {
	t.Parallel()
	clip := shared(t, "faces/video/real_zub_webcam_turns.webm")
	needPack(t, "base")
	i := up(t, `{"virtual_camera_checker":{"policy":"log"},"active_liveness":{"is_enabled":false},"session":{"aggregate_frames":10}}`, "SELENE_PACK=base")
	one, two := i.replay(clip, nil, "--fast").last(), i.replay(clip, nil, "--fast").last()
	if one.Session == "" || two.Session == "" {
		t.Fatalf("got %+v and %+v", one, two)
	}
	plain := i.export(t.TempDir(), one.Session, two.Session, "--name", "{name}")
	if len(plain) != 2 {
		t.Fatalf("got %v", plain)
	}
	var frames struct{ Frames []storedFrame }
	if _, body := i.get("/v1/sessions/" + one.Session + "/frames"); json.Unmarshal(body, &frames) != nil || len(frames.Frames) == 0 {
		t.Fatalf("got %s", body)
	}
	for _, file := range plain {
		name := filepath.Base(file)
		if name != one.Session+".mp4" && name != two.Session+".mp4" {
			t.Errorf("a file is called %s", name)
		}
		if s := probe(t, file).Streams[0]; s.Codec != "h264" || name == one.Session+".mp4" && s.Frames != strconv.Itoa(len(frames.Frames)) {
			t.Errorf("%s: got %+v of %d frames", name, s, len(frames.Frames))
		}
	}
	marked := i.export(t.TempDir(), one.Session, "--codec", "H265", "--bitrate", "1999", "--resolution", "1280x720", "--rotate", "90", "--flip", "horizontal",
		"--frame-rate", "25", "--fragmented", "--mark-time=Asia/Tokyo", "--time-corner", "3", "--mark-session", "--session-corner", "4",
		"--mark-figures", "--figures-corner", "1")
	if len(marked) != 1 {
		t.Fatalf("got %v", marked)
	}
	if s := probe(t, marked[0]).Streams[0]; s.Codec != "hevc" || s.Width != 1280 || s.Height != 720 || s.Rate != "25/1" {
		t.Errorf("got %+v", s)
	}
	unmarked := i.export(t.TempDir(), one.Session, "--codec", "H265", "--bitrate", "1999", "--resolution", "1280x720", "--rotate", "90", "--flip", "horizontal")
	for corner, crop := range map[string]string{
		"figures, top left": "crop=200:40:0:0", "time, bottom left": "crop=200:20:0:ih-24", "session, bottom right": "crop=200:20:iw-200:ih-24",
	} {
		if n := different(pixels(t, marked[0], crop), pixels(t, unmarked[0], crop)); n < 300 {
			t.Errorf("%s: %d pixels are other than without marks", corner, n)
		}
	}
	const nothing = "crop=200:20:iw-200:0"
	if n := different(pixels(t, marked[0], nothing), pixels(t, unmarked[0], nothing)); n > 100 {
		t.Errorf("top right: %d pixels are other than without marks", n)
	}

	// After the erasure, no export contains the session.
	r, err := http.NewRequest(http.MethodDelete, "http://"+i.addr+"/v1/sessions/"+one.Session, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+adminToken)
	streamstest.Eventually(t, func() error { // once its socket is gone
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if answer.StatusCode != http.StatusNoContent {
			return errors.New(answer.Status)
		}
		return nil
	})
	if _, body := i.get("/v1/exports"); strings.Contains(string(body), one.Session) || !strings.Contains(string(body), two.Session) {
		t.Errorf("got %s", body)
	}
}

func different(a, b []byte) (n int) {
	for i := range a {
		if d := int(a[i]) - int(b[i]); d < -40 || d > 40 {
			n++
		}
	}
	return n
}
