// Command selene contains every part of Selene; its subcommands run them. See `selene help`.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/asticode/go-astiav"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:]))
}

// run returns the exit code: 0 without an error, the code of an exitCode error, and 1 for any other.
func run(ctx context.Context, args []string) int {
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: logLevel()})))
	astiav.SetLogLevel(astiav.LogLevelQuiet) // every error it would print is also returned
	go giveBackMemory(ctx)
	root, err := newRoot()
	if err == nil {
		root.SetArgs(args)
		err = root.ExecuteContext(ctx)
	}
	var code exitCode
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	}
	fmt.Fprintln(os.Stderr, "selene:", err)
	return 1
}

// exitCode is an error that ends the process with a code and prints nothing.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

func logLevel() slog.Level {
	var level slog.Level
	if err := level.UnmarshalText([]byte(os.Getenv("SELENE_LOG_LEVEL"))); err != nil {
		return slog.LevelInfo
	}
	return level
}
