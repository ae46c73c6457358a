package stitch

import (
	"context"
	"fmt"
	"os"
	"testing"
)

// childEnv makes this test binary an encoder process, parentEnv a process that starts one and waits for its end, and greedyEnv one
// that takes more than it may: of "memory" or "cpu".
const (
	childEnv  = "STITCH_TEST_CHILD"
	parentEnv = "STITCH_TEST_PARENT"
	greedyEnv = "STITCH_TEST_GREEDY"
)

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		if err := Serve(context.Background(), os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
		return
	}
	if what := os.Getenv(greedyEnv); what != "" {
		takeTooMuch(what)
		return
	}
	if path := os.Getenv(parentEnv); path != "" {
		// It reads nothing, so that the end of its input does not end it, and a signal to its group does not either.
		stubborn := Encoder{Command: []string{"/bin/sh", "-c", "trap '' HUP; exec sleep 600"}}
		_, _, err := stubborn.Stitch(context.Background(), func(ctx context.Context) (Frame, error) {
			fmt.Fprintln(os.Stdout, "waiting")
			<-ctx.Done()
			return Frame{}, ctx.Err()
		}, Options{Codec: H264, Path: path}, nil)
		fmt.Fprintln(os.Stderr, err)
		return
	}
	m.Run()
}

// testEncoder runs this test binary as its encoder process.
func testEncoder() Encoder {
	return Encoder{Command: []string{"/proc/self/exe"}, Env: []string{childEnv + "=1"}}
}
