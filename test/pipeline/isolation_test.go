package pipeline

import (
	"testing"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/describe"
	"github.com/selene-liveness/selene/streams/settings"
	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/workers/rerun"
	"github.com/selene-liveness/selene/workers/workertest"
)

// Each role's rights are sufficient for its part of a session, and those of runs for judging again.
func TestRolesSuffice(t *testing.T) {
	clip := workertest.Clip(t, "real_lp_d_d10.mp4", 5, 6)
	m := workertest.Models(t, "base")
	roles := streamstest.Roles(t)
	as := func(role string) *streams.Conn { return streamstest.As(t, roles(role)) }
	ctx := streamstest.Context(t)
	conn := as(streams.RoleEdge)
	if _, err := settings.New(conn).Put(ctx, []byte(passive)); err != nil {
		t.Fatal(err)
	}
	startParts(t, as, m)
	c := record(t, conn, clip)

	limited := as(streams.RoleRuns)
	if r := again(t, limited, c, rerun.Options{Jobs: 4}); !r.Identical() || r.Verdicts == 0 {
		t.Errorf("%+v", r)
	}
	if _, err := describe.Face(ctx, limited, clip[0]); err != nil {
		t.Error(err)
	}
}
