package browser

import (
	"context"
	"sync"

	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// problems collects what the page's author should never see in the console.
type problems struct {
	mu       sync.Mutex
	said     []string
	requests []string
}

func listen(ctx context.Context) *problems {
	p := &problems{}
	chromedp.ListenTarget(ctx, func(event any) {
		p.mu.Lock()
		defer p.mu.Unlock()
		switch e := event.(type) {
		case *cdplog.EventEntryAdded:
			if e.Entry.Level == cdplog.LevelError || e.Entry.Level == cdplog.LevelWarning {
				p.said = append(p.said, e.Entry.Text)
			}
		case *runtime.EventExceptionThrown:
			p.said = append(p.said, e.ExceptionDetails.Error())
		case *network.EventRequestWillBeSent:
			p.requests = append(p.requests, e.Request.URL)
		}
	})
	return p
}

// Problems are the errors and warnings of the browser's console so far:
// exceptions, broken requests, breaches of the content policy.
func (p *Page) Problems() []string {
	p.problems.mu.Lock()
	defer p.problems.mu.Unlock()
	return append([]string(nil), p.problems.said...)
}

// Requests are the addresses the page has fetched so far.
func (p *Page) Requests() []string {
	p.problems.mu.Lock()
	defer p.problems.mu.Unlock()
	return append([]string(nil), p.problems.requests...)
}
