package events

import (
	"encoding/json"
	"net/url"
	"testing"

	"github.com/selene-liveness/selene/streams"
)

// What passes the check can be written down and read again, and judges any event.
func FuzzFilter(f *testing.F) {
	for _, seed := range []string{"", "kinds=decision,video&codes=8,32&outcomes=fail", "liveness_min=0.1&liveness_max=NaN&since=1-2-3", "sessions=,&codes=-1", "since=5&kinds=video"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		filter, err := ParseFilter(values)
		if err != nil {
			return
		}
		data, err := json.Marshal(filter)
		if err != nil {
			t.Fatal(err)
		}
		var again Filter
		if err := json.Unmarshal(data, &again); err != nil || again.Check() != nil {
			t.Fatalf("%s: %v", data, err)
		}
		for _, k := range filter.Wanted() {
			if e := Read(k, streams.Followed{Data: []byte(query)}); e != nil {
				filter.Wants(e)
			}
			filter.Wants(&Event{Kind: k})
		}
		cursor, err := ParseCursor(values.Get("since"), filter.Wanted())
		if err != nil {
			return
		}
		if same, err := ParseCursor(cursor.String(), nil); err != nil || same.String() != cursor.String() {
			t.Fatalf("%s became %s, %v", cursor, same, err)
		}
	})
}
