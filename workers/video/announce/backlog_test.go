package announce

import (
	"fmt"
	"testing"
	"time"

	"github.com/selene-liveness/selene/streams/streamstest"
)

// Videos that ended while Redis was down are announced when it is up, and then one by one as they end.
func TestBacklog(t *testing.T) {
	t.Parallel()
	const videos = 1000
	i := install(t)
	r := redisServer(t)
	i.set(map[string]any{"port": r.port})
	tried := i.announce(Hook{}, "")
	for range videos {
		i.finish(nil)
	}
	<-tried
	begun := time.Now()
	r.start()
	streamstest.Eventually(t, func() error {
		if n := r.do("LLEN", "default"); n != fmt.Sprint(videos) {
			return fmt.Errorf("%s of %d", n, videos)
		}
		return nil
	})
	t.Logf("%d videos announced within %s", videos, time.Since(begun).Round(time.Millisecond))
	begun = time.Now()
	const single = 50
	for range single {
		i.delivered(i.finish(nil).GetSession())
	}
	t.Logf("one video in %s, with its result stored and read back", (time.Since(begun) / single).Round(time.Millisecond/10))
}
