package child

import (
	"bytes"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

// Limits bound what a process may take, so that a job that goes wrong fails alone.
type Limits struct {
	Memory uint64        // bytes of address space beyond those that the program has at its start
	CPU    time.Duration // processor time, of all threads, from one call of extend to the next
}

// Apply limits this process. It is killed when its time is up, which extend puts off.
func (l Limits) Apply() (extend func() error, err error) {
	used, err := addressSpace()
	if err != nil {
		return nil, err
	}
	if err := lower(syscall.RLIMIT_AS, used+l.Memory); err != nil {
		return nil, fmt.Errorf("limit the memory of the process: %w", err)
	}
	// The runtime ignores the signal unless somebody asks for it.
	late := make(chan os.Signal, 1)
	signal.Notify(late, syscall.SIGXCPU)
	go func() {
		<-late
		fmt.Fprintf(os.Stderr, "a picture took more than %v of processor time\n", l.CPU)
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}()
	extend = func() error {
		var usage syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
			return err
		}
		used := time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
		return lower(syscall.RLIMIT_CPU, uint64((used+l.CPU)/time.Second))
	}
	return extend, extend()
}

// lower sets a limit that can be raised again, up to that of the system.
func lower(resource int, value uint64) error {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(resource, &l); err != nil {
		return err
	}
	l.Cur = min(value, l.Max)
	return syscall.Setrlimit(resource, &l)
}

// addressSpace returns the bytes that this process has mapped.
func addressSpace() (uint64, error) {
	data, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0, err
	}
	pages, err := strconv.ParseUint(string(bytes.Fields(data)[0]), 10, 64)
	return pages * uint64(os.Getpagesize()), err
}
