package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/selene-liveness/selene/edge/client"
	"github.com/selene-liveness/selene/edge/lpproto"
)

// server answers each message of a client with answer, until that returns nothing.
func server(answer func(lpproto.Message) []lpproto.Message) *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer ws.Close()
		for {
			_, data, err := ws.ReadMessage()
			if err != nil {
				return
			}
			m, err := lpproto.Parse(data)
			if err != nil {
				return
			}
			answers := answer(m)
			if len(answers) == 0 {
				_ = ws.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(4001, "attempts exceeded"))
				_, _, _ = ws.ReadMessage() // the client's close
				return
			}
			for _, a := range answers {
				data, err := a.Encode()
				if err != nil {
					return
				}
				_ = ws.WriteMessage(websocket.TextMessage, data)
			}
		}
	}))
}

func address(s *httptest.Server) string { return "ws" + strings.TrimPrefix(s.URL, "http") }

// person passes with the second frame.
func person() func(lpproto.Message) []lpproto.Message {
	frames := 0
	return func(m lpproto.Message) []lpproto.Message {
		if m.Command == lpproto.Connect {
			return []lpproto.Message{lpproto.NewConnected("0b0f8a4e-4e5d-4c7e-9d36-3f4f5a6b7c8d", ""), lpproto.NewHeartbeat()}
		}
		if frames++; frames == 2 {
			return []lpproto.Message{lpproto.NewSuccess("header.claims.signature")}
		}
		return []lpproto.Message{lpproto.NewStats([]byte(`{"isOk":true,"errors":[37],"estimations":{}}`))}
	}
}

// Example sends frames until the server has judged the session.
func Example() {
	s := server(person())
	defer s.Close()
	camera := [][]byte{[]byte("a JPEG file"), []byte("another one")}

	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := client.Dial(ctx, address(s))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	session, err := conn.Connect(ctx, lpproto.ConnectRequest{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("session", session.ID)
	for _, image := range camera {
		if err := conn.SendFrame(lpproto.ContentJPEG, image); err != nil {
			fmt.Println(err)
			return
		}
		reply, err := conn.Reply(ctx) // wait for it before the next frame
		if err != nil {
			fmt.Println(err) // a *client.Closed says with which code the session ended
			return
		}
		fmt.Printf("%s %s\n", reply.Command, reply.Body)
	}
	// Output:
	// session 0b0f8a4e-4e5d-4c7e-9d36-3f4f5a6b7c8d
	// STATS {"isOk":true,"errors":[37],"estimations":{}}
	// SUCCESS header.claims.signature
}

func dial(t *testing.T, answer func(lpproto.Message) []lpproto.Message) *client.Conn {
	t.Helper()
	s := server(answer)
	t.Cleanup(s.Close)
	conn, err := client.Dial(t.Context(), address(s))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

func TestRefusedConnect(t *testing.T) {
	conn := dial(t, func(lpproto.Message) []lpproto.Message {
		return []lpproto.Message{lpproto.NewError(lpproto.CodeSessionID)}
	})
	_, err := conn.Connect(t.Context(), lpproto.ConnectRequest{SessionID: "x"})
	var unexpected *client.Unexpected
	if !errors.As(err, &unexpected) || !strings.Contains(err.Error(), "ERROR 1007") {
		t.Errorf("error is %v", err)
	}
}

func TestClosedByServer(t *testing.T) {
	conn := dial(t, func(lpproto.Message) []lpproto.Message { return nil })
	_, err := conn.Connect(t.Context(), lpproto.ConnectRequest{})
	var closed *client.Closed
	if !errors.As(err, &closed) || closed.Code != 4001 || closed.Reason != "attempts exceeded" {
		t.Errorf("error is %v", err)
	}
	if _, err := conn.Receive(t.Context()); !errors.As(err, &closed) {
		t.Errorf("after the end: %v", err)
	}
}

func TestFramesAsText(t *testing.T) {
	var got lpproto.Message
	conn := dial(t, func(m lpproto.Message) []lpproto.Message {
		got = m
		return []lpproto.Message{lpproto.NewStats([]byte("{}"))}
	})
	for mediaType, want := range map[string]string{
		lpproto.ContentJPEG: lpproto.ContentJPEGBase64, lpproto.ContentPNG: lpproto.ContentPNGBase64,
	} {
		if err := conn.SendFrameText(mediaType, []byte("image")); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Reply(t.Context()); err != nil {
			t.Fatal(err)
		}
		image, kind, err := got.Image(false)
		if err != nil || string(image) != "image" || kind != mediaType || got.Header(lpproto.HeaderContentType) != want {
			t.Errorf("got %s %q of type %s, %v", got.Header(lpproto.HeaderContentType), image, kind, err)
		}
	}
}

func TestCloseEndsReceive(t *testing.T) {
	conn := dial(t, person())
	received := make(chan error)
	go func() {
		_, err := conn.Receive(t.Context())
		received <- err
	}()
	conn.Close()
	conn.Close()
	var closed *client.Closed
	if err := <-received; !errors.As(err, &closed) {
		t.Errorf("error is %v", err)
	}
}
