package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/selene-liveness/selene/streams/streamstest"
)

const passive = `{"active_liveness":{"is_enabled":false},"video":{"codec":%q,"session_timeout":3}}`

func TestFaceVideo(t *testing.T) {
	clip := shared(t, "faces/video/real_zub_webcam_turns.webm")
	for _, c := range []struct{ pack, codec, ffprobe, tag string }{
		{"zoo", "H265", "hevc", "hvc1"},
		{"base", "H264", "h264", "avc1"},
		{"zoo", "VP9", "vp9", ""},
	} {
		t.Run(c.pack+" "+c.codec, func(t *testing.T) {
			needPack(t, c.pack)
			i := up(t, fmt.Sprintf(passive, c.codec), "SELENE_PACK="+c.pack)
			p := i.replay(clip, nil)
			success, ok := p.find("SUCCESS")
			if !ok || p.exit != 0 {
				t.Fatalf("exit code %d, codes %v, last %+v", p.exit, p.codes(), p.last())
			}
			checkToken(t, success)
			if l := p.last(); l.Command != "CLOSED" || l.Code != 1000 {
				t.Errorf("closed with %+v, want 1000", l)
			}
			checkVideo(t, i, success.Session, success.Seq, c.ffprobe, c.tag)
		})
	}
}

func checkToken(t *testing.T, success line) {
	t.Helper()
	claims := jwt.MapClaims{}
	_, err := jwt.ParseWithClaims(success.JWT, claims, func(*jwt.Token) (any, error) { return []byte(jwtKey), nil }, jwt.WithValidMethods([]string{"HS256"}))
	if err != nil {
		t.Fatalf("token: %v", err)
	}
	if claims["isOk"] != true || claims["jti"] != success.Session || claims["iat"] == nil {
		t.Errorf("claims: isOk %v, jti %v, iat %v", claims["isOk"], claims["jti"], claims["iat"])
	}
	if errs, ok := claims["errors"].([]any); !ok || len(errs) != 0 {
		t.Errorf("errors: %v", claims["errors"])
	}
	shot, err := base64.StdEncoding.DecodeString(fmt.Sprint(claims["bestshot"]))
	if err != nil || http.DetectContentType(shot) != "image/jpeg" {
		t.Errorf("best shot of %d bytes is not a JPEG: %v", len(shot), err)
	}
	estimations, ok := claims["estimations"].(map[string]any)
	if !ok || estimations["faceFramePosition"] == nil || estimations["headPose"] == nil || estimations["eyes"] == nil || estimations["faceCount"] != 1.0 {
		t.Errorf("estimations: %v", claims["estimations"])
	}
}

// storedFrame is one entry of GET /v1/sessions/{id}/frames.
type storedFrame struct {
	Sequence int       `json:"sequence"`
	Received time.Time `json:"received"`
}

// checkVideo reads the stitched file back: as many frames as were accepted, each at the moment it arrived.
func checkVideo(t *testing.T, i *installation, session string, accepted int, codec, tag string) {
	t.Helper()
	var file []byte
	streamstest.Eventually(t, func() error {
		answer, body := i.get("/v1/sessions/" + session + "/video")
		if answer.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: %s", answer.Status, body)
		}
		file = body
		return nil
	})
	answer, part := i.get("/v1/sessions/"+session+"/video", "Range", "bytes=10-19")
	if answer.StatusCode != http.StatusPartialContent || string(part) != string(file[10:20]) {
		t.Errorf("range request: %s, %d bytes", answer.Status, len(part))
	}
	_, body := i.get("/v1/sessions/" + session + "/frames")
	var frames []storedFrame
	if err := json.Unmarshal(body, &struct {
		Frames *[]storedFrame `json:"frames"`
	}{&frames}); err != nil || len(frames) != accepted {
		t.Fatalf("%d frames stored, %d accepted (%v)", len(frames), accepted, err)
	}
	path := filepath.Join(t.TempDir(), "video")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_frames", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	var probe struct {
		Streams []struct {
			Codec string `json:"codec_name"`
			Tag   string `json:"codec_tag_string"`
		}
		Frames []struct {
			PTS string `json:"pts_time"`
		}
	}
	if err := json.Unmarshal(out, &probe); err != nil {
		t.Fatal(err)
	}
	if probe.Streams[0].Codec != codec || tag != "" && probe.Streams[0].Tag != tag {
		t.Errorf("codec %+v, want %s %s", probe.Streams[0], codec, tag)
	}
	if len(probe.Frames) != accepted {
		t.Fatalf("%d frames in the video, %d accepted", len(probe.Frames), accepted)
	}
	for n, f := range probe.Frames {
		pts, err := strconv.ParseFloat(f.PTS, 64)
		if err != nil {
			t.Fatal(err)
		}
		if want := frames[n].Received.Sub(frames[0].Received).Seconds(); math.Abs(pts-want) > 0.005 {
			t.Errorf("frame %d at %.3f s, arrived at %.3f s", n, pts, want)
		}
	}
}

// What replay --act shows repeats frames, which the check of virtual cameras would refuse.
const active = `{"virtual_camera_checker":{"policy":"log"},"active_liveness":{"interaction_list":[%s],"interaction_count":%d},"session":{"max_attempts":%d,"max_liveness_attempts":-1},"video":{"session_timeout":3}}`

func TestActiveLivenessNeedsAPerson(t *testing.T) {
	turns := shared(t, "faces/video/real_zub_webcam_turns.webm")
	blinks := shared(t, "faces/video/real_lp_d_d9.mp4")
	photo := shared(t, "faces/conditions/frontal_zub.jpg")
	for _, pack := range []string{"zoo", "base"} {
		t.Run(pack, func(t *testing.T) {
			needPack(t, pack)
			env := "SELENE_PACK=" + pack
			t.Run("turns", func(t *testing.T) {
				settings := fmt.Sprintf(active, `"yaw_left","yaw_right"`, 2, -1) // half of what this webcam shows is near the limit of liveness
				i := up(t, settings, env)
				if p := i.replay(turns, nil, "--act", "--pack", pack); p.exit != 0 {
					t.Errorf("exit code %d, codes %v, last %+v", p.exit, p.codes(), p.last())
				}
				i.putSettings(strings.Replace(settings, `"active_liveness":{`, `"active_liveness":{"step_timeout_seconds":2,`, 1)) // a photo never acts
				if p := i.replay(photo, nil, "--act", "--pack", pack, "--loop"); p.exit != 2 || p.last().Code != 4001 && p.last().Code != 4005 {
					t.Errorf("a still photo: exit code %d, last %+v", p.exit, p.last())
				}
			})
			t.Run("blink", func(t *testing.T) {
				i := up(t, fmt.Sprintf(active, `"blink"`, 1, 50), env)
				if p := i.replay(blinks, nil, "--act", "--pack", pack); p.exit != 0 {
					t.Errorf("exit code %d, codes %v, last %+v", p.exit, p.codes(), p.last())
				}
			})
		})
	}
}

func TestTwoPeopleInTurn(t *testing.T) {
	a, b := shared(t, "faces/video/real_lp_d_d0.mp4"), shared(t, "faces/video/real_lp_d_d10.mp4")
	for _, pack := range []string{"zoo", "base"} {
		t.Run(pack, func(t *testing.T) {
			needPack(t, pack)
			dir := t.TempDir()
			for n, clip := range []string{a, b, a, b, a, b} {
				out := filepath.Join(dir, fmt.Sprintf("%02d.jpg", n))
				if text, err := exec.Command("ffmpeg", "-v", "error", "-i", clip, "-frames:v", "1", "-q:v", "2", out).CombinedOutput(); err != nil {
					t.Fatalf("%v: %s", err, text)
				}
			}
			i := up(t, fmt.Sprintf(passive, "H264"), "SELENE_PACK="+pack)
			p := i.replay(dir, nil, "--fast")
			if p.exit != 2 || p.codes()[104] != 2 || p.last().Code != 4003 {
				t.Errorf("exit code %d, codes %v, last %+v", p.exit, p.codes(), p.last())
			}
		})
	}
}
