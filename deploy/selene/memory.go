package main

import (
	"bytes"
	"context"
	"os"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/selene-liveness/selene/workers/vision/decode"
)

const (
	memoryPause = 15 * time.Second
	memoryGrown = 64 << 20 // bytes
)

// giveBackMemory returns free memory to the system, until ctx is done, each time the process has grown: what a storm of large pictures
// took would stay for as long as nothing else allocates.
func giveBackMemory(ctx context.Context) {
	tick := time.NewTicker(memoryPause)
	defer tick.Stop()
	low := resident()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		switch now := resident(); {
		case now > low+memoryGrown:
			debug.FreeOSMemory()
			decode.Trim()
			low = resident()
		case now < low:
			low = now
		}
	}
}

// resident returns the bytes of memory that the process has, or 0 if the system does not tell.
func resident() int {
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := bytes.Fields(data)
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.Atoi(string(fields[1]))
	if err != nil {
		return 0
	}
	return pages * os.Getpagesize()
}
