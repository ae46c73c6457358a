package stitch

import (
	"context"
	"fmt"
	"os"
	"testing"
)

// childEnv makes this test binary an encoder process.
const childEnv = "STITCH_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		if err := Serve(context.Background(), os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
		return
	}
	m.Run()
}

// testEncoder runs this test binary as its encoder process.
func testEncoder() Encoder {
	return Encoder{Command: []string{"/proc/self/exe"}, Env: []string{childEnv + "=1"}}
}
