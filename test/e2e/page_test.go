package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/test/browser"
)

// The page as a person uses it: a camera that shows a real face, and the whole product behind it.
func TestPageWithACamera(t *testing.T) {
	shared(t, "faces/video")
	needPack(t, "zoo")
	camera := browser.Camera(t, browser.FaceVideo(t, "real_lp_d_d10.mp4"))

	t.Run("passes", func(t *testing.T) {
		i := up(t, fmt.Sprintf(passive, "H264"), "SELENE_PACK=zoo")
		page := browser.Open(t, "http://"+i.addr+"/", browser.Options{Camera: camera})
		page.Start()
		page.WaitView("success")
		page.Screenshot("product-success")
		if facts := page.Text("#facts") + page.Text("#estimations"); !strings.Contains(strings.ToLower(facts), "live") {
			t.Errorf("the result shows %q", facts)
		}
	})
	t.Run("is asked for actions, and is not believed without", func(t *testing.T) {
		i := up(t, `{"active_liveness":{"interaction_list":["pitch_up"]},"session":{"max_attempts":20}}`, "SELENE_PACK=zoo")
		page := browser.Open(t, "http://"+i.addr+"/", browser.Options{Camera: camera})
		page.Start()
		streamstest.Eventually(t, func() error {
			if prompt := strings.ToLower(page.Text("#prompt")); !strings.Contains(prompt, "chin") {
				return fmt.Errorf("the prompt is %q", prompt)
			}
			return nil
		})
		page.Screenshot("product-action")
		page.WaitView("failure")
	})
	t.Run("does what it is asked", func(t *testing.T) {
		i := up(t, `{"active_liveness":{"interaction_list":["yaw_right"],"interaction_count":1},"thresholds":{"liveness":0},`+
			`"virtual_camera_checker":{"policy":"log"},"session":{"max_attempts":-1,"max_liveness_attempts":-1}}`, "SELENE_PACK=zoo")
		page := browser.Open(t, "http://"+i.addr+"/", browser.Options{Camera: browser.Camera(t, browser.FaceVideo(t, "real_zub_webcam_turns.webm"), "-vf", turnsRight)})
		page.Start()
		streamstest.Eventually(t, func() error {
			if done := strings.ToLower(page.Text("#actions")); !strings.Contains(done, "turn right") {
				return fmt.Errorf("the steps are %q", done)
			}
			return nil
		})
		page.Screenshot("product-turn")
		page.WaitView("success")
	})
}

// turnsRight edits the clip into a head that rests for two seconds, turns to its right and turns back. It adds camera noise,
// because the page sends no picture twice.
const turnsRight = "split=3[resting][turning][returning];[resting]trim=start_frame=28:end_frame=56,setpts=N/15/TB[rest];" +
	"[turning]trim=start_frame=100:end_frame=110,setpts=N/15/TB,tpad=stop_mode=clone:stop_duration=0.5[turn];" +
	"[returning]trim=start_frame=100:end_frame=110,setpts=N/15/TB,reverse,setpts=N/15/TB[back];" +
	"[rest][turn][back]concat=n=3,noise=alls=6:allf=t"
