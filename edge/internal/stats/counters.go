package stats

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/selene-liveness/selene/schemas"
)

// counters holds what was counted from the streams up to a sequence of each. It depends only on the messages. It contains no
// session IDs, only hashes of those of running sessions.
type counters struct {
	Decisions uint64            `json:"decisions"` // last sequence counted
	Sessions  uint64            `json:"sessions"`
	Hours     map[int64]*hour   `json:"hours"` // by the hour's number since 1970
	Going     map[string]*going `json:"going"`
	Heard     int64             `json:"heard"` // hour of the last decision

	retention time.Duration
	newest    int64 // hour
}

// hour counts the sessions that ended, and were opened, in an hour.
type hour struct {
	Opened   uint64           `json:"opened,omitempty"`
	Outcomes map[string]*cell `json:"outcomes,omitempty"`
}

// cell counts sessions with the same outcome.
type cell struct {
	Sessions   uint64              `json:"n"`
	Frames     uint64              `json:"f"`           // decided
	Failed     uint64              `json:"e,omitempty"` // of those: with codes
	Unjudged   uint64              `json:"u,omitempty"` // of those: that could not be judged
	Codes      map[int32]codeCount `json:"c,omitempty"`
	PerSession Histogram           `json:"a"` // frames that were judged, of each session
	FrameMS    Histogram           `json:"t"` // milliseconds from a frame's arrival to its decision
	SessionS   Histogram           `json:"d"` // seconds from a session's opening to its last decision
}

type codeCount struct {
	Frames   uint64 `json:"f"`
	Sessions uint64 `json:"n"`
}

// going is a session without a final decision.
type going struct {
	Hour     int64            `json:"h"` // of its last message
	Frames   uint64           `json:"f"`
	Failed   uint64           `json:"e,omitempty"`
	Unjudged uint64           `json:"u,omitempty"`
	Codes    map[int32]uint64 `json:"c,omitempty"`
	FrameMS  Histogram        `json:"t"`
}

// abandoned is the number of hours for which a session without a final decision is remembered.
const abandoned = 24

func newCounters(retention time.Duration) *counters {
	return &counters{Hours: map[int64]*hour{}, Going: map[string]*going{}, retention: retention}
}

func hourOf(t time.Time) int64 { return t.Unix() / 3600 }

func (c *counters) hour(at int64) *hour {
	if at > c.newest {
		c.newest = at
		c.prune()
	}
	h := c.Hours[at]
	if h == nil {
		h = &hour{Outcomes: map[string]*cell{}}
		c.Hours[at] = h
	}
	return h
}

// prune drops everything that is older than any possible query.
func (c *counters) prune() {
	for at := range c.Hours {
		if at < c.oldest(c.newest) {
			delete(c.Hours, at)
		}
	}
}

// forget drops sessions without a final decision. The moment depends only on the decisions, in their order.
func (c *counters) forget() {
	for key, g := range c.Going {
		if g.Hour < c.Heard-abandoned {
			delete(c.Going, key)
		}
	}
}

// oldest returns the first hour of which the stream holds every message, including all frames of the sessions that ended in
// it, and from which messages are not being removed at the moment.
func (c *counters) oldest(now int64) int64 {
	if c.retention == 0 {
		return now - 366*24
	}
	return now - int64(c.retention/time.Hour) + 2
}

func sessionKey(session string) string {
	sum := sha256.Sum256([]byte(session))
	return hex.EncodeToString(sum[:12])
}

// decided counts a decision, with the time when it was stored.
func (c *counters) decided(session string, stored time.Time, d *schemas.Decision) {
	at, key := hourOf(stored), sessionKey(session)
	h := c.hour(at)
	if at > c.Heard {
		c.Heard = at
		c.forget()
	}
	g := c.Going[key]
	if g == nil {
		g = &going{}
		c.Going[key] = g
	}
	g.Hour = at
	if d.GetFrame() > 0 {
		g.frame(d)
	}
	if !d.GetOutcome().Terminal() {
		return
	}
	delete(c.Going, key)
	name := schemas.OutcomeName(d.GetOutcome())
	into := h.Outcomes[name]
	if into == nil {
		into = &cell{}
		h.Outcomes[name] = into
	}
	into.ended(g, d)
}

func (g *going) frame(d *schemas.Decision) {
	g.Frames++
	if d.GetFailure() != nil {
		g.Unjudged++
	}
	if len(d.GetErrors()) > 0 {
		g.Failed++
	}
	for i, code := range d.GetErrors() {
		if g.Codes == nil {
			g.Codes = map[int32]uint64{}
		}
		if !has(d.GetErrors()[:i], code) {
			g.Codes[code]++
		}
	}
	if from, to := d.GetReceivedUnixNanos(), d.GetDecidedUnixNanos(); from > 0 && to >= from {
		g.FrameMS.Add(float64(to-from) / 1e6)
	}
}

func has(codes []int32, code int32) bool {
	for _, c := range codes {
		if c == code {
			return true
		}
	}
	return false
}

func (c *cell) ended(g *going, d *schemas.Decision) {
	c.Sessions++
	c.Frames, c.Failed, c.Unjudged = c.Frames+g.Frames, c.Failed+g.Failed, c.Unjudged+g.Unjudged
	for code, n := range g.Codes {
		if c.Codes == nil {
			c.Codes = map[int32]codeCount{}
		}
		before := c.Codes[code]
		c.Codes[code] = codeCount{before.Frames + n, before.Sessions + 1}
	}
	c.PerSession.Add(float64(d.GetState().GetAttempts()))
	c.FrameMS.Merge(g.FrameMS)
	if from, to := d.GetState().GetOpenedUnixNanos(), d.GetDecidedUnixNanos(); from > 0 && to >= from {
		c.SessionS.Add(float64(to-from) / 1e9)
	}
}

func (c *cell) merge(o *cell) {
	c.Sessions, c.Frames, c.Failed, c.Unjudged = c.Sessions+o.Sessions, c.Frames+o.Frames, c.Failed+o.Failed, c.Unjudged+o.Unjudged
	for code, n := range o.Codes {
		if c.Codes == nil {
			c.Codes = map[int32]codeCount{}
		}
		before := c.Codes[code]
		c.Codes[code] = codeCount{before.Frames + n.Frames, before.Sessions + n.Sessions}
	}
	c.PerSession.Merge(o.PerSession)
	c.FrameMS.Merge(o.FrameMS)
	c.SessionS.Merge(o.SessionS)
}
