package simulate_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/selene-liveness/selene/deploy/tools/simulate"
	"github.com/selene-liveness/selene/workers/workertest"
)

// folder returns a folder with one clip of a man who blinks.
func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", filepath.Join(dir, "cache"))
	for name, text := range map[string]string{
		"labels.csv":         "file,kind,identity,shows\n",
		"actions/labels.csv": "file,kind,identity,actions,shows\nclip.mp4,video_real,man,blink 2.1,a man\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	clip := workertest.Path(t, "actions/real/bernard_man1_blinks.mp4")
	if err := os.Symlink(clip, filepath.Join(dir, "actions", "clip.mp4")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestSessionsAreTheSameForASeed(t *testing.T) {
	m, dir := workertest.Models(t, "zoo"), folder(t)
	settings := workertest.Settings(t, `{"session":{"max_attempts":8},"active_liveness":{"interaction_list":["blink","yaw_left"]},
"thresholds":{"liveness":0},"virtual_camera_checker":{"is_enabled":false}}`)
	var results []*simulate.Result
	for range 2 { // the second time with measurements from the cache
		material, err := simulate.Load(t.Context(), dir, simulate.All, m, settings, 2, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(material.People) != 1 {
			t.Fatalf("nobody can be played from %v", material.Unused)
		}
		o := simulate.Options{Settings: settings, Kinds: simulate.Kinds, Sessions: 1, Seed: 3, Jobs: 2}
		sessions, err := simulate.Run(t.Context(), material, o)
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, simulate.Summarise(material, simulate.All, o, sessions))
	}
	if !reflect.DeepEqual(results[0], results[1]) {
		t.Errorf("first %+v, then %+v", results[0], results[1])
	}
	rows := map[string]simulate.Row{}
	for _, row := range results[0].Kinds {
		rows[row.Kind] = row
	}
	if rows["person"].Sessions != 1 || rows["cut-recording"].Sessions != 1 || rows["swap-clips"].Sessions != 0 {
		t.Errorf("got %+v", rows)
	}
	var text, page bytes.Buffer
	err := results[0].WriteHeader(&text)
	for _, row := range results[0].Kinds {
		err = errors.Join(err, row.WriteText(&text))
	}
	if err != nil || !strings.Contains(text.String(), "cut-recording") {
		t.Errorf("%v: %s", err, text.String())
	}
	if err := results[0].WriteHTML(&page); err != nil || !strings.Contains(page.String(), "</table>") {
		t.Errorf("%v: %s", err, page.String())
	}
}

func TestHalvesShareNobody(t *testing.T) {
	dir := workertest.Path(t, "")
	tune, report := simulate.Identities(dir, simulate.Tune), simulate.Identities(dir, simulate.Report)
	if len(tune) < 10 || len(report) < 10 {
		t.Errorf("%d people in one half, %d in the other; want ten of each", len(tune), len(report))
	}
	for _, name := range tune {
		for _, other := range report {
			if name == other {
				t.Errorf("%s is in both", name)
			}
		}
	}
}
