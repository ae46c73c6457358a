package browser

import (
	"context"
	"strings"
	"sync"

	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// problems collects console output that a correct page never causes.
type problems struct {
	mu       sync.Mutex
	said     []string
	requests []string
	contexts map[string]runtime.ExecutionContextID // where scripts of an origin run
}

func listen(ctx context.Context) *problems {
	p := &problems{contexts: map[string]runtime.ExecutionContextID{}}
	chromedp.ListenTarget(ctx, func(event any) {
		p.mu.Lock()
		defer p.mu.Unlock()
		switch e := event.(type) {
		case *cdplog.EventEntryAdded:
			if e.Entry.Level == cdplog.LevelError || e.Entry.Level == cdplog.LevelWarning {
				p.said = append(p.said, e.Entry.Text)
			}
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.APITypeWarning || e.Type == runtime.APITypeError {
				p.said = append(p.said, text(e.Args))
			}
		case *runtime.EventExceptionThrown:
			p.said = append(p.said, e.ExceptionDetails.Error())
		case *runtime.EventExecutionContextCreated:
			p.contexts[e.Context.Origin] = e.Context.ID
		case *network.EventRequestWillBeSent:
			p.requests = append(p.requests, e.Request.URL)
		}
	})
	return p
}

// text returns the arguments of a console call as JSON.
func text(arguments []*runtime.RemoteObject) string {
	var all []string
	for _, a := range arguments {
		all = append(all, string(a.Value))
	}
	return strings.Join(all, " ")
}

// Problems lists the errors and warnings in the browser's console so far:
// exceptions, failed requests, violations of the content policy.
func (p *Page) Problems() []string {
	p.problems.mu.Lock()
	defer p.problems.mu.Unlock()
	return append([]string(nil), p.problems.said...)
}

// Requests lists the URLs that the page has fetched so far.
func (p *Page) Requests() []string {
	p.problems.mu.Lock()
	defer p.problems.mu.Unlock()
	return append([]string(nil), p.problems.requests...)
}

// EvalIn evaluates a JavaScript expression in the frame of an origin and stores
// its value in result.
func (p *Page) EvalIn(origin, expression string, result any) {
	p.t.Helper()
	p.problems.mu.Lock()
	id, ok := p.problems.contexts[origin]
	p.problems.mu.Unlock()
	if !ok {
		p.t.Fatalf("no frame of %s", origin)
	}
	p.Do("evaluate "+expression, chromedp.Evaluate(expression, result, func(e *runtime.EvaluateParams) *runtime.EvaluateParams {
		return e.WithContextID(id)
	}))
}
