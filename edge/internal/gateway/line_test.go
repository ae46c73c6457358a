package gateway

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// clocked returns a usage with a clock that the test moves.
func clocked(now *time.Time) *usage { return newUsage(func() time.Time { return *now }) }

// asks lets a client ask for a while, of which a part is work, and then pause.
func (u *usage) asks(now *time.Time, waits, works, pauses time.Duration) {
	u.change(0, 1, 0)
	*now = now.Add(waits)
	u.change(0, 0, 1)
	*now = now.Add(works)
	u.change(0, -1, -1)
	*now = now.Add(pauses)
}

func TestWhoPausesGoesFirst(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	busy, calm, hurried := clocked(&now), clocked(&now), clocked(&now)
	for _, u := range []*usage{busy, calm, hurried} {
		u.change(1, 0, 0)
		u.asks(&now, 0, 100*time.Millisecond, 0)
	}
	if a, b := calm.rank(), busy.rank(); a.pace != b.pace {
		t.Errorf("after one frame their places differ: %v, %v", a, b)
	}
	for range 60 {
		busy.asks(&now, 400*time.Millisecond, 100*time.Millisecond, 0)
	}
	for range 60 { // as long as the other, and as much work
		calm.asks(&now, 50*time.Millisecond, 100*time.Millisecond, 350*time.Millisecond)
	}
	for range 60 { // a page that sends a frame as soon as its camera has one
		hurried.asks(&now, 350*time.Millisecond, 100*time.Millisecond, 50*time.Millisecond)
		busy.asks(&now, 400*time.Millisecond, 100*time.Millisecond, 0)
		calm.asks(&now, 50*time.Millisecond, 100*time.Millisecond, 350*time.Millisecond)
	}
	if !calm.rank().before(busy.rank()) || !calm.rank().before(hurried.rank()) || !hurried.rank().before(busy.rank()) {
		t.Errorf("calm %v, hurried %v, busy %v", calm.rank(), hurried.rank(), busy.rank())
	}
	if fresh := clocked(&now); !fresh.rank().before(busy.rank()) {
		t.Error("a new client is behind one that sends without pause")
	}
	// Connecting again does not make a client a new one.
	busy.change(-1, 0, 0)
	if busy.forgettable() {
		t.Error("what a client did is forgotten when it leaves")
	}
	busy.change(1, 0, 0)
	if !calm.rank().before(busy.rank()) {
		t.Errorf("calm %v, busy after it connected again %v", calm.rank(), busy.rank())
	}
	busy.change(-1, 0, 0)
	if now = now.Add(time.Hour); !busy.forgettable() {
		t.Error("a client is remembered for ever")
	}
}

// Of those who send without pause, the one goes first for whom there was less work.
func TestWhoHadLessWorkGoesFirst(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	long, short := clocked(&now), clocked(&now)
	for n := range 120 {
		if n == 0 {
			long.change(1, 0, 0)
		}
		if n == 60 {
			short.change(1, 0, 0)
		}
		long.change(0, 1, 1)
		if n >= 60 {
			short.change(0, 1, 1)
		}
		now = now.Add(time.Second)
		long.change(0, -1, -1)
		if n >= 60 {
			short.change(0, -1, -1)
		}
	}
	if a, b := short.rank(), long.rank(); a.pace != b.pace || !a.before(b) || b.before(a) {
		t.Errorf("%v for a minute, %v for two", a, b)
	}
}

func TestLineIsAsWideAsTheWorkers(t *testing.T) {
	detector := schemas.Registration{Name: schemas.WorkerDetector, Slots: 2}
	judges := []schemas.Registration{{Name: "liveness", Slots: 3}, {Name: "liveness", Slots: 1}, {Name: "matcher", Slots: 2}}
	for _, c := range []struct {
		workers []schemas.Registration
		edges   int64
		want    int
	}{
		{nil, 1, 0},
		{judges, 1, 0},
		{[]schemas.Registration{detector, {Name: schemas.WorkerDetector}}, 1, 0}, // of an earlier version
		{append(judges, detector), 1, 8},
		{append(judges, detector, detector), 0, 12},
		{append(judges, detector, detector), 3, 7},
	} {
		g := &Gateway{config: Config{Workers: func() []schemas.Registration { return c.workers }}}
		g.edges.Store(c.edges)
		if got := g.width(); got != c.want {
			t.Errorf("%v and %d edges: %d frames at a time, want %d", c.workers, c.edges, got, c.want)
		}
	}
}

func TestWaitThatEndsLosesNoPlace(t *testing.T) {
	l := line{width: func() int { return 1 }}
	u := newUsage(time.Now)
	leave, err := l.join(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		ctx, cancel := context.WithCancel(t.Context())
		waits := make(chan error)
		go func() {
			leave, err := l.join(ctx, u)
			if err == nil {
				leave()
			}
			waits <- err
		}()
		go cancel()
		leave()
		<-waits
		if leave, err = l.join(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	leave()
	if l.working != 0 || len(l.waiting) != 0 {
		t.Errorf("%d are judged and %d wait, and nobody is there", l.working, len(l.waiting))
	}
}

// slots are workers that judge two frames at a time.
func slots() []schemas.Registration {
	return []schemas.Registration{{Name: schemas.WorkerDetector, Slots: 1}}
}

// The attack: frames come faster than they are judged. New sessions are refused, those that are open go on.
func TestNewSessionsAreRefusedWhileFramesWait(t *testing.T) {
	release := make(chan struct{})
	conn := world(t, "", func(f *schemas.Frame, sequence uint64) *schemas.Decision {
		<-release
		return goOn(f, sequence)
	})
	d := open(t, conn, Config{Workers: slots, MaxBacklog: time.Millisecond})
	var clients []*client
	for range 3 {
		c, _ := connect(t, d, "")
		clients = append(clients, c)
	}
	if err := d.Room(); err != nil {
		t.Fatal(err)
	}
	for _, c := range clients {
		c.frame()
	}
	streamstest.Eventually(t, func() error {
		if d.Room() == nil {
			return fmt.Errorf("there seems to be room")
		}
		return nil
	})
	stranger := dial(t, d)
	stranger.send(lpproto.NewConnect(lpproto.ConnectRequest{}))
	stranger.wantError(lpproto.CodeCapacity)
	close(release)
	for _, c := range clients {
		c.wantStats(schemas.CodeMoreFrames)
	}
	if err := d.Room(); err != nil {
		t.Error(err)
	}
	connect(t, d, "")
}

func TestFrameThatWaitsTooLongIsRefused(t *testing.T) {
	release := make(chan struct{})
	conn := world(t, "", func(f *schemas.Frame, sequence uint64) *schemas.Decision {
		<-release
		return goOn(f, sequence)
	})
	d := open(t, conn, Config{Workers: slots, MaxWait: 50 * time.Millisecond})
	var clients []*client
	for range 2 {
		c, _ := connect(t, d, "")
		c.frame()
		clients = append(clients, c)
	}
	streamstest.Eventually(t, func() error {
		d.line.mu.Lock()
		defer d.line.mu.Unlock()
		if d.line.working != 2 {
			return fmt.Errorf("%d frames are judged", d.line.working)
		}
		return nil
	})
	late, id := connect(t, d, "")
	late.frame()
	late.wantError(lpproto.CodeBusy)
	if n := len(stored(t, conn, id)); n != 0 {
		t.Errorf("%d frames that were refused are stored", n)
	}
	close(release)
	for _, c := range append(clients, late) {
		if c == late {
			c.frame()
		}
		c.wantStats(schemas.CodeMoreFrames)
	}
}

// The attack: somebody gets many tickets in the name of one person, and opens them all.
func TestOnePersonCannotOpenAnyNumberOfSockets(t *testing.T) {
	conn := world(t, "", goOn)
	d := open(t, conn, Config{Person: Person{MaxSockets: 2}, Address: named})
	of := func(person string) lpproto.ConnectRequest {
		id := uuid.NewString()
		made := schemas.Ticket{Hash: sessions.HashSecret(secret), Expires: soon(), ExternalID: person}
		if err := sessions.New(conn).PutTicket(streamstest.Context(t), id, made, nil); err != nil {
			t.Fatal(err)
		}
		return lpproto.ConnectRequest{SessionID: id, Token: secret}
	}
	first := admitted(t, d, of("somebody"))
	admitted(t, d.from("elsewhere"), of("somebody"))
	third, request := dial(t, d), of("somebody")
	third.send(lpproto.NewConnect(request))
	third.wantError(lpproto.CodeCapacity)
	third.wantClose(lpproto.CloseCode(lpproto.CodeCapacity), "")
	admitted(t, d, of("somebody else"))
	for range 3 {
		admitted(t, d, of("")) // each of these is a person of its own
	}
	first.frame()
	first.wantStats(schemas.CodeMoreFrames)
	first.ws.Close()
	streamstest.Eventually(t, func() error {
		c := dial(t, d)
		c.send(lpproto.NewConnect(request))
		if m := c.next(); m.Command != lpproto.Connected {
			return fmt.Errorf("answered with %s %v", m.Command, m.Headers)
		}
		return nil
	})
}
