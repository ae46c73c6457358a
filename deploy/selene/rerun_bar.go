package main

import (
	"os"
	"sync"

	"github.com/selene-liveness/selene/deploy/selene/replay"
)

// rerunBar shows on a terminal how many frames were judged. It is safe for concurrent use.
type rerunBar struct {
	mu       sync.Mutex
	progress replay.Progress
	draw     func(replay.Progress)
	erase    func()
}

// newRerunBar draws on standard error, and nothing where that is no terminal.
func newRerunBar() *rerunBar {
	b := &rerunBar{progress: replay.Progress{Stage: "judged", Fraction: -1}, draw: func(replay.Progress) {}, erase: func() {}}
	if replay.IsTerminal(os.Stderr) {
		b.draw, b.erase = replay.ProgressBar(os.Stderr)
	}
	return b
}

func (b *rerunBar) frame() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.progress.Frames++
	b.draw(b.progress)
}

// wipe makes room for something else.
func (b *rerunBar) wipe() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.erase()
}
