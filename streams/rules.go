package streams

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Results of a delivery, as Work.Observe receives them.
const (
	ResultDone    = "done"
	ResultRetried = "retried"
	ResultDead    = "dead"
	ResultStale   = "stale"
)

// Results lists every result, for metrics that start at zero.
var Results = []string{ResultDone, ResultRetried, ResultDead, ResultStale}

// ruling is the decision of a rule on a message. The zero value leaves it to the next rule.
type ruling struct {
	answer reply
	result string // for Work.Observe; "" = not counted
	err    error  // why it is tried later or set aside
}

// reply is the answer to the broker about a message.
type reply int

const (
	undecided reply = iota
	acknowledge
	silence  // another process answers
	takeBack // to be delivered again at once
	tryLater
	setAside
)

// rules are applied in this order until one decides.
var rules = []func(context.Context, *message) ruling{stale, imported, hopeless, run, erased, elsewhere, interrupted, passing, fatal}

func (m *message) rule(ctx context.Context) ruling {
	for _, rule := range rules {
		if r := rule(ctx, m); r.answer != undecided {
			return r
		}
	}
	return ruling{} // not reached: fatal always decides
}

// stale drops messages whose result is no longer awaited.
func stale(_ context.Context, m *message) ruling {
	if m.work.MaxStale > 0 && time.Since(m.Stored) > m.work.MaxStale {
		return ruling{answer: acknowledge, result: ResultStale}
	}
	return ruling{}
}

// imported skips messages that another installation has already handled.
func imported(_ context.Context, m *message) ruling {
	if m.Header.Get(headerImported) != "" {
		return ruling{answer: acknowledge}
	}
	return ruling{}
}

// hopelessFactor times MaxTries deliveries end the tries for any reason: infrastructure faults, or a message that kills
// the process before it can answer.
const hopelessFactor = 4

func hopeless(_ context.Context, m *message) ruling {
	if m.Try > hopelessFactor*m.work.MaxTries {
		return ruling{setAside, ResultDead, Blame(Input, fmt.Errorf("not handled in %d deliveries", m.Try-1))}
	}
	return ruling{}
}

// run calls the handler. The rules after it decide by m.err.
func run(ctx context.Context, m *message) ruling {
	if m.err = Guard(func() error { return m.handle(ctx, m.Delivery) }); m.err == nil {
		return ruling{answer: acknowledge, result: ResultDone}
	}
	return ruling{}
}

// erased drops messages of sessions that were erased, which have nothing left to be handled.
func erased(_ context.Context, m *message) ruling {
	if errors.Is(m.err, ErrErased) && m.work.Stream != Exports { // an export has other sessions, too
		return ruling{answer: acknowledge, result: ResultStale}
	}
	return ruling{}
}

func elsewhere(_ context.Context, m *message) ruling {
	if errors.Is(m.err, ErrElsewhere) {
		return ruling{answer: silence, result: ResultRetried}
	}
	return ruling{}
}

// interrupted returns what the handler could not finish before the drain ended, which is not the message's fault.
func interrupted(ctx context.Context, _ *message) ruling {
	if ctx.Err() != nil {
		return ruling{answer: takeBack, result: ResultRetried}
	}
	return ruling{}
}

// passing returns a message to the broker for another try after faults that may pass.
func passing(_ context.Context, m *message) ruling {
	if fault := FaultOf(m.err); fault == Infrastructure || fault == Bug && !m.Last {
		return ruling{tryLater, ResultRetried, m.err}
	}
	return ruling{}
}

func fatal(_ context.Context, m *message) ruling { return ruling{setAside, ResultDead, m.err} }
