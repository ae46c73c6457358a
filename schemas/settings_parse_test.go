package schemas

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestSettingsKeepDefaults(t *testing.T) {
	s, err := ParseSettings([]byte(`{"session":{"max_attempts":-1},"active_liveness":{"interaction_list":["blink"]},
		"workers":[{"name":"matcher","required":true,"timeout":1}]}`))
	if err != nil {
		t.Fatal(err)
	}
	d := DefaultSettings()
	if s.Session.MaxAttempts != -1 || s.Session.AggregateFrames != d.Session.AggregateFrames || s.Thresholds.Blur != d.Thresholds.Blur {
		t.Fatalf("got %+v", s.Session)
	}
	if len(s.ActiveLiveness.InteractionList) != 1 || s.ActiveLiveness.InteractionCount != 1 || len(s.Workers) != 4 || s.Workers[0].Timeout != 1 {
		t.Fatalf("lists of the document must replace the default's: %+v %+v", s.ActiveLiveness, s.Workers)
	}
}

func TestBitratesAreRoundedDown(t *testing.T) {
	for bitrate, want := range map[string]int{"0": 0, "1": 200, "200": 200, "799": 600, "16000": 16000} {
		s, err := ParseSettings([]byte(`{"video":{"bitrate":` + bitrate + `}}`))
		if err != nil || s.Video.Bitrate != want {
			t.Errorf("%s: got %+v, %v; want %d", bitrate, s, err, want)
		}
	}
}

func TestDependentSettingsAreRequired(t *testing.T) {
	for doc, want := range map[string]WorkerEntry{
		`{}`:             {WorkerVirtualCamera, true, 5},
		`{"workers":[]}`: {WorkerVirtualCamera, true, 5},
		`{"virtual_camera_checker":{"policy":"log"},"workers":[{"name":"virtual-camera","timeout":2}]}`:  {WorkerVirtualCamera, true, 2},
		`{"thresholds":{"image_modification":0.5}}`:                                                      {WorkerImageModification, true, 5},
		`{"light_challenge":{"is_enabled":true}}`:                                                        {WorkerLightChallenge, true, 5},
		`{"workers":[{"name":"virtual-camera"}]}`:                                                        {WorkerActiveLiveness, true, 5},
		`{"workers":[],"active_liveness":{"is_enabled":false}}`:                                          {WorkerMatcher, true, 5},
		`{"workers":[],"active_liveness":{"is_enabled":false},"session":{"previous_face_similarity":0}}`: {WorkerLiveness, true, 5},
	} {
		s, err := ParseSettings([]byte(doc))
		if err != nil {
			t.Fatalf("%s: %v", doc, err)
		}
		if i := slices.IndexFunc(s.Workers, func(w WorkerEntry) bool { return w.Name == want.Name }); i < 0 || s.Workers[i] != want {
			t.Errorf("%s: got %+v, want %+v among them", doc, s.Workers, want)
		}
	}
}

func TestJudgesAreThoseWhoseChecksAreOn(t *testing.T) {
	for doc, want := range map[string][]string{
		`{}`: {WorkerLiveness, WorkerMatcher, WorkerActiveLiveness, WorkerVirtualCamera},
		`{"virtual_camera_checker":{"is_enabled":false},"workers":[{"name":"hats"},{"name":"virtual-camera"},{"name":"image-modification"}]}`: {
			"hats", WorkerLiveness, WorkerMatcher, WorkerActiveLiveness,
		},
		`{"thresholds":{"liveness":0},"active_liveness":{"is_enabled":false}}`: {WorkerMatcher, WorkerVirtualCamera},
	} {
		s, err := ParseSettings([]byte(doc))
		if err != nil {
			t.Fatalf("%s: %v", doc, err)
		}
		if got := s.Judges(); !slices.Equal(got, want) {
			t.Errorf("%s: judged by %v, want %v", doc, got, want)
		}
	}
}

func TestSettingsErrorsNameThePath(t *testing.T) {
	for doc, want := range map[string]string{
		`{"session":{"max_attempt":3}}`:                              "session.max_attempt",
		`{"roi":{"width":0}}`:                                        "roi.width",
		`{"roi":{"height":0}}`:                                       "roi.height",
		`{"thresholds":{"glasses":[]}}`:                              "thresholds.glasses",
		`{"token":{"best_shot_max_pixels":10}}`:                      "token.best_shot_max_pixels",
		`{"token":{"best_shot_max_bytes":100}}`:                      "token.best_shot_max_bytes",
		`{"token":{"best_shot_crop":"nose"}}`:                        "token.best_shot_crop",
		`{"session":{"max_attempts":0}}`:                             "session.max_attempts",
		`{"session":{"max_attempts":"many"}}`:                        "session.max_attempts",
		`{"thresholds":{"yaw":120}}`:                                 "thresholds.yaw",
		`{"active_liveness":{"interaction_list":["blink","dance"]}}`: "active_liveness.interaction_list.1",
		`{"active_liveness":{"interaction_list":["blink","blink"]}}`: "active_liveness.interaction_list.1",
		`{"active_liveness":{"interaction_count":9}}`:                "active_liveness.interaction_count",
		`{"workers":[{"name":"a b","required":true,"timeout":1}]}`:   "workers.0.name",
		`{"workers":[{"name":"plug","timeout":1,"colour":"red"}]}`:   "workers.0.colour",
		`{"workers":[{"name":"plug","timeout":0}]}`:                  "workers.0.timeout",
		`{"file_logger":{"path":"../elsewhere"}}`:                    "file_logger.path",
		`{"file_logger":{"path":"/etc"}}`:                            "file_logger.path",
		`{"workers":[{"name":"liveness","required":false}]}`:         "workers.0.required",
		`{"video":{"codec":"MJPEG"}}`:                                "video.codec",
		`{"video":{"codec":"VP9","crf":64}}`:                         "video.crf",
		`{"video":{"crf":20,"bitrate":800}}`:                         "video.crf",
		`{"video":{"codec":"VP9","fragmented":true}}`:                "video.fragmented",
		`{"video":{"canvas":"smallest"}}`:                            "video.canvas",
		`{"video_redis":{"queue_name":""}}`:                          "video_redis.queue_name",
		`{"video_redis":{"queue_type":"set"}}`:                       "video_redis.queue_type",
		`{"video_redis":{"sentinel":{"sentinels":["a:1"]}}}`:         "video_redis.sentinel.master_name",
		`{"video_redis":{"cluster":["a:1","b"]}}`:                    "video_redis.cluster.1",
		`{"video_redis":{"cluster":["a:1"],"number":1}}`:             "video_redis.number",
		`[]`:        "",
		`{} {}`:     "",
		`{"env":`:   "",
		`{"roi":3}`: "roi",
		`{"active_liveness":{"yaw_start_deg":30,"yaw_threshold_deg":20}}`: "active_liveness.yaw_threshold_deg",
	} {
		_, err := ParseSettings([]byte(doc))
		var wrong *DocumentError
		if !errors.As(err, &wrong) || wrong.Path != want {
			t.Errorf("%s: got %v, want an error at %q", doc, err, want)
		}
	}
}

func TestDefaultSettingsAreValidAndRoundTrip(t *testing.T) {
	data, err := json.Marshal(DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseSettings(data); err != nil {
		t.Fatal(err)
	}
}

func FuzzParseSettings(f *testing.F) {
	f.Add([]byte(`{"session":{"max_attempts":3}}`))
	f.Add([]byte(`{"workers":[{"name":"x","timeout":1e999}]}`))
	f.Add([]byte(`{"session":{"max_attempts":null},"thresholds":{"ags":null,"blur":0.5,"blur":0.6},
		"virtual_camera_checker":{"denylist":[null]}}`))
	f.Fuzz(func(t *testing.T, doc []byte) {
		s, err := ParseSettings(doc)
		if err == nil {
			if s.Validate() != nil {
				t.Fatal("accepted settings that are not valid")
			}
			stored, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			for _, parse := range []func([]byte) (*Settings, error){ParseSettings, ParseStoredSettings} {
				if again, err := parse(stored); err != nil || !reflect.DeepEqual(again, s) {
					t.Fatalf("%s is read as %+v, %v", stored, again, err)
				}
			}
		}
		if err != nil && !strings.HasPrefix(err.Error(), "settings: ") {
			t.Fatalf("error without its subject: %v", err)
		}
	})
}
