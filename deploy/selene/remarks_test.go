package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/vision"
)

// A painting passed with a pack that had no passive liveness, and no line in the log said why.
func TestRemarks(t *testing.T) {
	every := partNames()
	all := []vision.Role{vision.RoleDetector, vision.RoleMesh, vision.RoleDescriptor, vision.RoleAntispoof, vision.RoleDeepfake}
	for name, c := range map[string]struct {
		document string
		absent   vision.Role
		names    []string
		want     string // part of the only remark, if any
	}{
		"all there":                   {`{}`, "", every, ""},
		"no passive liveness":         {`{}`, vision.RoleAntispoof, every, "role antispoof"},
		"in a process without it":     {`{}`, vision.RoleAntispoof, []string{schemas.WorkerMatcher}, ""},
		"passive liveness not wanted": {`{"thresholds":{"liveness":0}}`, vision.RoleAntispoof, every, ""},
		"no deepfakes":                {`{"thresholds":{"deepfake":0.5}}`, vision.RoleDeepfake, every, "role deepfake"},
		"deepfakes not wanted":        {`{"thresholds":{"deepfake":0}}`, vision.RoleDeepfake, every, ""},
		"no descriptor":               {`{}`, vision.RoleDescriptor, every, "role descriptor"},
		"no mesh":                     {`{}`, vision.RoleMesh, every, "role mesh"},
		"passive liveness alone":      {`{"active_liveness":{"is_enabled":false}}`, "", every, ""},
		"nothing":                     {`{"active_liveness":{"is_enabled":false},"thresholds":{"liveness":0}}`, "", every, "LIVENESS IS NOT CHECKED"},
		"no workers":                  {`{"workers":[]}`, "", every, ""}, // they are added
	} {
		t.Run(name, func(t *testing.T) {
			s, err := schemas.ParseSettings([]byte(c.document))
			if err != nil {
				t.Fatal(err)
			}
			got := remarks(s, "mine 1", func(r vision.Role) bool { return r != c.absent && slices.Contains(all, r) }, c.names...)
			switch {
			case c.want == "" && len(got) > 0:
				t.Errorf("says %q", got)
			case c.want != "" && (len(got) != 1 || !strings.Contains(got[0], c.want)):
				t.Errorf("says %q, want one remark on %q", got, c.want)
			}
		})
	}
}
