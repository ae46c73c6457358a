package announce

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
	"github.com/selene-liveness/selene/streams/settings"
	"github.com/selene-liveness/selene/streams/streamstest"
	"github.com/selene-liveness/selene/streams/webhook"
)

const base = "https://selene.example/"

// here is where the tests' own receivers are.
var here = webhook.Networks{netip.MustParsePrefix("127.0.0.0/8")}

// installation is a broker with the settings of Redis and videos that are finished.
type installation struct {
	t    *testing.T
	conn *streams.Conn
}

func install(t *testing.T) *installation {
	t.Helper()
	i := &installation{t, streamstest.Connect(t, streamstest.Broker(t, false))}
	i.store(map[string]any{"video": map[string]any{"link_ttl": 0}}) // links that a test can foretell
	return i
}

// announce runs an announcer until the test ends. It returns a channel that gets an item for each try of Redis.
func (i *installation) announce(h Hook, secret string) <-chan struct{} {
	i.t.Helper()
	if h.Timeout == 0 {
		h.Timeout = 10 * time.Second
	}
	if h.Tries == 0 {
		h.Tries = 8
	}
	a, err := New(i.conn, Options{Hook: h, Secret: secret, URL: base, Private: here})
	if err != nil {
		i.t.Fatal(err)
	}
	tried, announce := make(chan struct{}, 1000), a.channels[0].announce
	a.channels[0].announce = func(ctx context.Context, s *schemas.VideoStatus) (outcome, error) {
		o, err := announce(ctx, s)
		select {
		case tried <- struct{}{}:
		default:
		}
		return o, err
	}
	streamstest.Go(i.t, a.Run)
	return tried
}

// set replaces the part video_redis of the settings, enabled.
func (i *installation) set(redis map[string]any) {
	i.t.Helper()
	redis["is_enabled"] = true
	i.store(map[string]any{"video_redis": redis, "video": map[string]any{"result_ttl": 1000, "link_ttl": 0}})
}

// store stores settings.
func (i *installation) store(part map[string]any) {
	i.t.Helper()
	document, err := json.Marshal(part)
	if err != nil {
		i.t.Fatal(err)
	}
	if _, err := settings.New(i.conn).Put(streamstest.Context(i.t), document); err != nil {
		i.t.Fatal(err)
	}
}

// finish publishes the states of a video up to its last one, and returns it.
func (i *installation) finish(change func(*schemas.VideoStatus)) *schemas.VideoStatus {
	i.t.Helper()
	session := uuid.NewString()
	at := time.Date(2026, 3, 4, 5, 6, 7, 8000000, time.UTC)
	s := &schemas.VideoStatus{
		Version: schemas.Version, Session: session, Status: schemas.VideoSuccess, Codec: schemas.CodecH264, Frames: 75, LastFrame: 99,
		StartedUnixNanos: at.UnixNano(), FinishedUnixNanos: at.Add(1500 * time.Millisecond).UnixNano(), DurationNanos: int64(2500 * time.Millisecond),
	}
	i.publish(&schemas.VideoStatus{Version: schemas.Version, Session: session, Status: schemas.VideoExporting})
	if change != nil {
		change(s)
	}
	i.publish(s)
	return s
}

func (i *installation) publish(s *schemas.VideoStatus) {
	i.t.Helper()
	if err := i.conn.PublishVideo(streamstest.Context(i.t), s); err != nil {
		i.t.Fatal(err)
	}
}

// announcements waits until a session has that many.
func (i *installation) announcements(session string, count int) (all []*schemas.Announcement) {
	i.t.Helper()
	ctx := streamstest.Context(i.t)
	streamstest.Eventually(i.t, func() error {
		all = nil
		for a, err := range sessions.New(i.conn).AnnouncementsOf(ctx, session) {
			if err != nil {
				return err
			}
			all = append(all, a.Message)
		}
		if len(all) != count {
			return fmt.Errorf("there are %d announcements, want %d: %v", len(all), count, all)
		}
		return nil
	})
	return all
}

// delivered waits for the only announcement of a session, which must have succeeded.
func (i *installation) delivered(session string) *schemas.Announcement {
	i.t.Helper()
	a := i.announcements(session, 1)[0]
	if !a.GetDelivered() || a.GetSession() != session || a.GetTries() == 0 || a.GetAtUnixNanos() == 0 {
		i.t.Errorf("got %v", a)
	}
	return a
}
