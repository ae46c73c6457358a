package streams

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

func TestRules(t *testing.T) {
	fails := func(err error) func(*message) {
		return func(m *message) { m.handle = func(context.Context, *Delivery) error { return err } }
	}
	infrastructure, input := Blame(Infrastructure, errors.New("away")), Blame(Input, errors.New("unreadable"))
	unread := func(m *message) {
		m.handle = func(context.Context, *Delivery) error { panic("a message that no rule lets through was handled") }
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx    context.Context //nolint:containedctx // one call's
		change []func(*message)
		want   ruling // by answer and result
	}{
		"handled":                 {want: ruling{answer: acknowledge, result: ResultDone}},
		"old":                     {change: []func(*message){unread, func(m *message) { m.Stored = time.Now().Add(-time.Hour) }}, want: ruling{answer: acknowledge, result: ResultStale}},
		"imported":                {change: []func(*message){unread, func(m *message) { m.Header.Set(headerImported, "1") }}, want: ruling{answer: acknowledge}},
		"last hope":               {change: []func(*message){func(m *message) { m.Try, m.Last = 20, true }}, want: ruling{answer: acknowledge, result: ResultDone}},
		"hopeless":                {change: []func(*message){unread, func(m *message) { m.Try, m.Last = 21, true }}, want: ruling{answer: setAside, result: ResultDead}},
		"taken over":              {change: []func(*message){fails(ErrElsewhere)}, want: ruling{answer: silence, result: ResultRetried}},
		"taken over, interrupted": {done, []func(*message){fails(ErrElsewhere)}, ruling{answer: silence, result: ResultRetried}},
		"handled, interrupted":    {ctx: done, want: ruling{answer: acknowledge, result: ResultDone}},
		"interrupted":             {done, []func(*message){fails(input)}, ruling{answer: takeBack, result: ResultRetried}},
		"infrastructure":          {change: []func(*message){fails(infrastructure), func(m *message) { m.Last = true }}, want: ruling{answer: tryLater, result: ResultRetried}},
		"bug":                     {change: []func(*message){fails(errors.New("oops"))}, want: ruling{answer: tryLater, result: ResultRetried}},
		"bug at last":             {change: []func(*message){fails(errors.New("oops")), func(m *message) { m.Last = true }}, want: ruling{answer: setAside, result: ResultDead}},
		"input":                   {change: []func(*message){fails(input)}, want: ruling{answer: setAside, result: ResultDead}},
		"model":                   {change: []func(*message){fails(Blame(Model, errors.New("shapes")))}, want: ruling{answer: setAside, result: ResultDead}},
	} {
		m := &message{
			work:     Work{MaxTries: 5, MaxStale: time.Minute},
			Delivery: &Delivery{Try: 1, Stored: time.Now(), Header: nats.Header{}},
			handle:   func(context.Context, *Delivery) error { return nil },
		}
		for _, change := range c.change {
			change(m)
		}
		if c.ctx == nil {
			c.ctx = t.Context()
		}
		got := m.rule(c.ctx)
		if got.answer != c.want.answer || got.result != c.want.result {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
		if why := got.answer == tryLater || got.answer == setAside; why != (got.err != nil) {
			t.Errorf("%s: %+v has error %v", name, got, got.err)
		}
	}
}

func TestGuardKeepsTheStack(t *testing.T) {
	err := Guard(func() error { return explode(nil) })
	var p *PanicError
	if !errors.As(err, &p) || strings.Contains(err.Error(), "\n") {
		t.Fatalf("got %v", err)
	}
	if attr := StackAttr(err); attr.Key != "stack" || !strings.Contains(attr.Value.String(), "streams.explode") {
		t.Errorf("log attribute %v", attr)
	}
	if reason := reasonOf(err); len([]rune(reason)) > 1000 || strings.ContainsAny(reason, "\n\t") || !strings.Contains(reason, "streams.explode") {
		t.Errorf("reason of a dead letter: %q", reason)
	}
	if attr := StackAttr(errors.New("ordinary")); attr.Key != "" {
		t.Errorf("an ordinary error has the attribute %v", attr)
	}
}

//go:noinline
func explode(m map[string]int) error { m["here"] = 1; return nil }
