package gateway

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// named takes the name that a test gives a client for its address.
func named(r *http.Request) string { return r.URL.Query().Get("from") }

func (d *door) from(name string) *door {
	out := door{Gateway: d.Gateway, url: d.url, registry: d.registry}
	out.url += "/?from=" + name
	return &out
}

// One address took every socket within seconds, and nobody else could connect.
func TestOneAddressCannotTakeEverySocket(t *testing.T) {
	d := open(t, world(t, "", goOn), Config{MaxSessions: 20, MaxSockets: 3, Address: named})
	crowd, other := d.from("crowd"), d.from("other")
	first, _ := connect(t, crowd, "")
	connect(t, crowd, "")
	connect(t, crowd, "")
	for range 30 {
		c := dial(t, crowd)
		c.wantError(lpproto.CodeCapacity)
		c.wantClose(lpproto.CloseCode(lpproto.CodeCapacity), "")
	}
	c, _ := connect(t, other, "")
	c.frame()
	c.wantStats(schemas.CodeMoreFrames)
	// Whoever leaves makes room.
	first.ws.Close()
	streamstest.Eventually(t, func() error {
		c := dial(t, crowd)
		c.send(lpproto.NewConnect(lpproto.ConnectRequest{}))
		if m := c.next(); m.Command != lpproto.Connected {
			return fmt.Errorf("answered with %s", m.Command)
		}
		return nil
	})
}

// The frames of many sockets of one address wait for each other, and not the frame of somebody else for all of them.
func TestFramesOfOneAddressWaitForEachOther(t *testing.T) {
	release := make(chan struct{})
	var mu sync.Mutex
	crowded := map[string]bool{} // sessions
	conn := world(t, "", func(f *schemas.Frame, sequence uint64) *schemas.Decision {
		mu.Lock()
		held := crowded[f.GetName().GetSession()]
		mu.Unlock()
		if held {
			<-release
		}
		return goOn(f, sequence)
	})
	d := open(t, conn, Config{MaxFrames: 2, Address: named})
	var clients []*client
	var ids []string
	for range 5 {
		c, id := connect(t, d.from("crowd"), "")
		mu.Lock()
		crowded[id] = true
		mu.Unlock()
		clients, ids = append(clients, c), append(ids, id)
	}
	published := func() (n int) {
		for _, id := range ids {
			n += len(stored(t, conn, id))
		}
		return n
	}
	for _, c := range clients {
		c.frame()
	}
	streamstest.Eventually(t, func() error {
		if n := published(); n != 2 {
			return fmt.Errorf("%d frames are published", n)
		}
		return nil
	})
	other, _ := connect(t, d.from("other"), "")
	for range 3 {
		other.frame()
		other.wantStats(schemas.CodeMoreFrames)
	}
	if n := published(); n != 2 {
		t.Errorf("%d frames of the address are judged at the same time", n)
	}
	close(release)
	for _, c := range clients {
		c.wantStats(schemas.CodeMoreFrames)
	}
}

func TestBytesOfOneAddressAreLimited(t *testing.T) {
	c := crowd{sockets: 2, frames: 9, rate: 1000, bytes: rate.Limit(1000), all: map[string]*neighbour{}}
	n, _ := c.enter("a")
	other, _ := c.enter("b")
	if done, err := n.wait(t.Context(), 5000, 1); err != nil { // more than ever fits takes all there is
		t.Fatal(err)
	} else {
		done()
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := n.wait(ctx, 900, 1); err == nil {
		t.Error("nothing limits the bytes")
	}
	if done, err := other.wait(t.Context(), 900, 1); err != nil {
		t.Errorf("another address waits as well: %v", err)
	} else {
		done()
	}
	var unknown *neighbour
	if done, err := unknown.wait(t.Context(), 1<<30, 1); err != nil {
		t.Error(err)
	} else {
		done()
	}
	c.leave(n)
	c.leave(other)
	c.swept = time.Time{}
	c.sweep()
	if len(c.all) != 0 {
		t.Errorf("%d addresses are remembered after they left", len(c.all))
	}
}

func TestFramesInASecondAreLimited(t *testing.T) {
	c := crowd{sockets: 1, frames: 9, rate: 1, bytes: rate.Inf, all: map[string]*neighbour{}}
	n, _ := c.enter("a")
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	sent := 0
	for ; sent < 9; sent++ {
		done, err := n.wait(ctx, 1, 1)
		if err != nil {
			break
		}
		done()
	}
	if sent != 2 {
		t.Errorf("%d frames were sent at once, want 2", sent)
	}
}

// The attack: an address sends the largest images, which keep detectors from everybody else for many times as long as frames do.
func TestLargeImagesCountAsSeveralFrames(t *testing.T) {
	c := crowd{sockets: 2, frames: 9, rate: rate.Inf, bytes: rate.Inf, all: map[string]*neighbour{}}
	n, _ := c.enter("a")
	large, err := n.wait(t.Context(), 1, imagefile.MaxPixels)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := n.wait(ctx, 1, imagefile.MaxPixels); err == nil {
		t.Error("two of the largest images are judged at the same time")
	}
	small, err := n.wait(t.Context(), 1, 1920*1080)
	if err != nil {
		t.Fatal(err)
	}
	large()
	small()
	costly, err := n.wait(t.Context(), 8<<20, 1) // a PNG of which each byte takes as long as many pixels
	if err != nil {
		t.Fatal(err)
	}
	again, stop := context.WithTimeout(t.Context(), time.Millisecond)
	defer stop()
	if _, err := n.wait(again, 8<<20, 1); err == nil {
		t.Error("two large files are judged at the same time")
	}
	costly()
	few := crowd{sockets: 1, frames: 1, rate: rate.Inf, bytes: rate.Inf, all: map[string]*neighbour{}}
	if n, _ = few.enter("a"); n == nil {
		t.Fatal("refused")
	}
	if _, err := n.wait(t.Context(), 1, imagefile.MaxPixels); err != nil { // a limit below its weight does not keep it out for good
		t.Error(err)
	}
}
