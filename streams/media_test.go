package streams_test

import (
	"strings"
	"testing"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/media"
	"github.com/selene-liveness/selene/streams/streamstest"
)

func TestUnusableMediaStores(t *testing.T) {
	b := streamstest.Broker(t, false)
	for says, m := range map[string]media.Config{
		"SELENE_MEDIA_STORE": {Store: "tape"},
		"SELENE_MEDIA_DIR":   {Store: media.StoreDirectory},
	} {
		c, err := streams.Connect(streamstest.Context(t), streams.Options{Broker: b, Media: m})
		if err == nil {
			c.Close()
		}
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want an error about %s", err, says)
		}
	}
}
