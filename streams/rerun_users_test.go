package streams_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// A user who may only judge again can neither change nor receive live data.
func TestRerunUserHasNoOtherRights(t *testing.T) {
	broker, session := streamstest.BrokerWithUsers(t), uuid.NewString()
	conn, err := streams.Connect(streamstest.Context(t), streams.Options{URL: broker("selene")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	faults := make(chan error, 1)
	nc, err := nats.Connect(broker("rerun"), nats.CustomInboxPrefix("_INBOX.rerun"), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { faults <- err }))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	said := func(what string) {
		t.Helper()
		select {
		case err := <-faults:
			if !strings.Contains(strings.ToLower(err.Error()), "permissions violation") {
				t.Errorf("%s: %v", what, err)
			}
		case <-time.After(streamstest.Timeout):
			t.Errorf("%s was let through", what)
		}
	}
	for _, subject := range []string{
		"pass.frame." + session, "pass.verdict.d.liveness." + session, "pass.decision." + session, "pass.inbox." + session, "pass.session." + session,
		"stored.verdict.d.liveness." + session, "rerun.r1.verdict.liveness." + session, "rerun.r1.face." + session, "selene.decider",
		"$KV.settings.document", "$KV.live." + session, "$KV.workers.liveness.a", "$KV.accounts.user",
		"$JS.API.STREAM.PURGE.FRAMES", "$JS.API.STREAM.DELETE.FRAMES", "$JS.API.STREAM.UPDATE.FRAMES", "$JS.API.STREAM.MSG.GET.FRAMES",
		"$JS.API.DIRECT.GET.KV_settings.$KV.settings.document", "$JS.API.DIRECT.GET.KV_settings.$KV.settings.run.1", "$JS.API.CONSUMER.CREATE.FRAMES.spy", "$JS.API.CONSUMER.MSG.NEXT.FRAMES.detector",
	} {
		if err := nc.Publish(subject, []byte(uuid.NewString())); err != nil {
			t.Fatal(err)
		}
		said("publishing on " + subject)
	}
	for _, subject := range []string{"pass.>", "stored.>", "_INBOX.>", "$KV.>", ">"} {
		if _, err := nc.SubscribeSync(subject); err != nil {
			t.Fatal(err)
		}
		if err := nc.Flush(); err != nil {
			t.Fatal(err)
		}
		said("listening on " + subject)
	}
}
