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

// The broker permissions of a user who may only rerun sessions are sufficient for that. See also TestRerunUserHasNoOtherRights.
func TestUserWhoMayOnlyRerun(t *testing.T) {
	clip := workertest.Clip(t, "real_lp_d_d10.mp4", 5, 6)
	m := workertest.Models(t, "base")
	broker := streamstest.BrokerWithUsers(t)
	ctx := streamstest.Context(t)
	conn, err := streams.Connect(ctx, streams.Options{URL: broker("selene")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	if _, err := settings.New(conn).Put(ctx, []byte(passive)); err != nil {
		t.Fatal(err)
	}
	startProduct(t, conn, m)
	c := record(t, conn, clip)

	limited, err := streams.ConnectForRuns(ctx, streams.Options{URL: broker("rerun")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(limited.Close)
	if r := again(t, limited, c, rerun.Options{Jobs: 4}); !r.Identical() || r.Verdicts == 0 {
		t.Errorf("%+v", r)
	}
	if _, err := describe.Face(ctx, limited, clip[0]); err != nil {
		t.Error(err)
	}
}
