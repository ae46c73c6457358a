package browser

import (
	"os"
	"path/filepath"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

const findBarriers = `axe.run(document, {resultTypes: ["violations"]}).then(({violations}) => violations
	.filter(({impact}) => impact === "serious" || impact === "critical")
	.map(({id, impact, help, nodes}) => impact + " " + id + ": " + help + " at " + nodes.map(({target}) => target.join(" ")).join(", ")))`

// Barriers lists the serious and critical accessibility violations that axe finds
// in the current state of the page.
func (p *Page) Barriers() []string {
	p.t.Helper()
	if !p.axe {
		source, err := os.ReadFile(filepath.Join(Root(p.t), "edge", "ui", "node_modules", "axe-core", "axe.min.js"))
		if err != nil {
			p.t.Fatalf("read axe: %v (make setup installs it)", err)
		}
		p.Do("load axe", chromedp.Evaluate(string(source)+";0", nil))
		p.axe = true
	}
	var found []string
	p.Do("look for barriers", chromedp.Evaluate(findBarriers, &found, func(e *runtime.EvaluateParams) *runtime.EvaluateParams {
		return e.WithAwaitPromise(true)
	}))
	return found
}
