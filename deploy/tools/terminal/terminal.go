// Package terminal draws the progress of a command for the person who watches it.
package terminal

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/term"
)

// Progress is the progress of a command.
type Progress struct {
	Stage    string  // what is being done, one word, such as "sending"
	Detail   string  // what the line ends with, such as "12 frames"
	Fraction float64 // from 0 to 1, or negative when the end is not known
}

// Bar is one line that is drawn over and over. It is safe for concurrent use; a nil Bar draws nothing.
type Bar struct {
	mu    sync.Mutex
	out   io.Writer
	drawn int // bytes on the line
}

// StderrBar returns a bar on standard error, or nil when that is not a terminal.
func StderrBar() *Bar {
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		return nil
	}
	return NewBar(os.Stderr)
}

// NewBar returns a bar that draws on out.
func NewBar(out io.Writer) *Bar { return &Bar{out: out} }

const width = 30

// Draw replaces the line.
func (b *Bar) Draw(p Progress) {
	if b == nil {
		return
	}
	line := p.Stage + ": " + p.Detail
	if p.Fraction >= 0 {
		share := min(1, p.Fraction)
		full := int(share * width)
		line = strings.TrimSpace(
			fmt.Sprintf(
				"%-9s [%s%s] %3.0f %%  %s",
				p.Stage,
				strings.Repeat("#", full),
				strings.Repeat("-", width-full),
				share*100,
				p.Detail,
			),
		)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wipe()
	fmt.Fprint(b.out, line)
	b.drawn = len(line)
}

// Wipe removes the line. Call it before anything else is written to the terminal, and at the end.
func (b *Bar) Wipe() {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wipe()
}

func (b *Bar) wipe() {
	if b.drawn > 0 {
		fmt.Fprint(b.out, "\r"+strings.Repeat(" ", b.drawn)+"\r")
		b.drawn = 0
	}
}
