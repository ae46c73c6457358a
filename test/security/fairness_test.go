package security

import (
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gorilla/websocket"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/workers/workertest"
)

// crowdSize is the number of clients, each with an address of its own, that send frames without pause.
const crowdSize = 50

// caller is a client at an address of its own.
type caller struct{ ws *websocket.Conn }

// callFrom opens a session from an address.
func callFrom(t *testing.T, i *installation, address string) (*caller, error) {
	t.Helper()
	dialer := websocket.Dialer{NetDialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}).DialContext}
	ws, _, err := dialer.DialContext(t.Context(), "ws://"+i.addr+"/ws", nil)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { ws.Close() })
	c := &caller{ws}
	m, err := c.ask(lpproto.NewConnect(lpproto.ConnectRequest{}))
	if err == nil && m.Command != lpproto.Connected {
		err = fmt.Errorf("CONNECT was answered with %s %v", m.Command, m.Headers)
	}
	return c, err
}

// ask sends a message and returns the reply to it.
func (c *caller) ask(m lpproto.Message) (lpproto.Message, error) {
	data, err := m.Encode()
	if err != nil {
		return m, err
	}
	if err := c.ws.WriteMessage(websocket.BinaryMessage, data); err != nil {
		return m, err
	}
	_, data, err = c.ws.ReadMessage()
	if err != nil {
		return m, err
	}
	return lpproto.Parse(data)
}

// judged sends a picture that has to be judged.
func (c *caller) judged(picture []byte) error {
	m, err := c.ask(lpproto.NewFrame(lpproto.ContentJPEG, picture))
	if err == nil && m.Command != lpproto.Stats {
		err = fmt.Errorf("a frame was answered with %s %v", m.Command, m.Headers)
	}
	return err
}

// The attack: many clients with an address each send one frame after another. The frame of somebody who pauses between theirs, as a
// person does, must not wait for a frame of each of them.
func TestCalmSessionBesideBusyOnes(t *testing.T) {
	i := up(t, `{"session":{"max_attempts":-1,"max_liveness_attempts":-1},"thresholds":{"face_width":16384}}`)
	picture := workertest.Picture(t, "conditions/frontal_zub.jpg")
	var answered atomic.Int64
	stop := make(chan struct{})
	var busy sync.WaitGroup
	for n := range crowdSize {
		c, err := callFrom(t, i, fmt.Sprintf("127.0.1.%d", n+1))
		if err != nil {
			t.Fatal(err)
		}
		busy.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := c.judged(picture); err != nil {
					t.Error(err)
					return
				}
				answered.Add(1)
			}
		})
	}
	streamstest.Eventually(t, func() error {
		if n := answered.Load(); n < crowdSize {
			return fmt.Errorf("the crowd has %d answers", n)
		}
		return nil
	})
	calm, err := callFrom(t, i, "127.0.3.1")
	if err != nil {
		t.Fatal(err)
	}
	var passed []int64 // answers to others while the client waited
	for range 4 {
		before := answered.Load()
		if err := calm.judged(picture); err != nil {
			t.Fatal(err)
		}
		now := answered.Load()
		passed = append(passed, now-before)
		streamstest.Eventually(t, func() error { // the pause of a person, whatever the speed of this machine
			if n := answered.Load() - now; n < crowdSize/2 {
				return fmt.Errorf("the crowd has %d answers", n)
			}
			return nil
		})
	}
	close(stop)
	busy.Wait()
	slices.Sort(passed)
	if median := passed[len(passed)/2]; median > crowdSize/3 {
		t.Errorf("%d frames of %d others are answered first (%v)", median, crowdSize, passed)
	}
}
