package security

import (
	"errors"
	"net"
	"path/filepath"
	"testing"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// A program on this machine reaches the broker of an installation that lets other processes in. Without credentials it is not
// let in; with those of a worker it can neither read frames, nor decide, nor speak for another worker.
func TestAProgramBesideTheBroker(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()
	free.Close()
	i := up(t, "{}", "--broker-addr", addr)
	if nc, err := nats.Connect("nats://" + addr); !errors.Is(err, nats.ErrAuthorization) {
		if err == nil {
			nc.Close()
		}
		t.Errorf("without credentials: %v", err)
	}
	key, err := nats.NkeyOptionFromSeed(streams.CredentialsFile(filepath.Join(i.data, "nats"), "liveness"))
	if err != nil {
		t.Fatal(err)
	}
	refusals := make(chan error, 100)
	nc, err := nats.Connect("nats://"+addr, key, nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { refusals <- err }))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	session := uuid.NewString()
	publish := func(subject string) func() error {
		return func() error { return nc.Publish(subject, []byte("forged")) }
	}
	subscribe := func(subject string) func() error {
		return func() error {
			_, err := nc.SubscribeSync(subject)
			return err
		}
	}
	for name, c := range map[string]struct {
		try     func() error
		refused bool
	}{
		"its own verdict":            {publish(streams.Subject(streams.KindVerdict, "d", "liveness", session)), false},
		"a verdict of the matcher":   {publish(streams.Subject(streams.KindVerdict, "d", "matcher", session)), true},
		"a decision":                 {publish(streams.Subject(streams.KindDecision, session)), true},
		"a reply to the edge":        {publish(streams.Subject("inbox", session)), true},
		"a frame":                    {publish(streams.Subject(streams.KindFrame, session)), true},
		"an event of a session":      {publish(streams.Subject(streams.KindSession, session)), true},
		"a stored frame":             {publish("$JS.API.STREAM.MSG.GET." + streams.Frames), true},
		"a consumer of frames":       {publish("$JS.API.CONSUMER.CREATE." + streams.Frames + ".spy"), true},
		"the accounts":               {publish("$JS.API.DIRECT.GET." + streams.BucketStream(streams.BucketAccounts)), true},
		"the end of a stream":        {publish("$JS.API.STREAM.DELETE." + streams.Verdicts), true},
		"frames as they are stored":  {subscribe(streams.Subject(streams.KindFrame, ">")), true},
		"decisions as they are made": {subscribe(streams.Subject(streams.KindDecision, ">")), true},
		"replies to others":          {subscribe("_INBOX.>"), true},
	} {
		if err := c.try(); err != nil {
			t.Fatal(err)
		}
		if err := nc.FlushWithContext(streamstest.Context(t)); err != nil {
			t.Fatal(err)
		}
		if !c.refused {
			continue
		}
		select { // the broker answers in order
		case err := <-refusals:
			if !errors.Is(err, nats.ErrPermissionViolation) {
				t.Errorf("%s: %v", name, err)
			}
		case <-streamstest.Context(t).Done():
			t.Fatalf("%s: allowed", name)
		}
	}
	if err := nc.FlushWithContext(streamstest.Context(t)); err != nil {
		t.Fatal(err)
	}
	if len(refusals) > 0 {
		t.Errorf("its own verdict: %v", <-refusals)
	}
}
