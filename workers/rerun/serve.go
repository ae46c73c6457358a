package rerun

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/selene-liveness/selene/schemas"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/recording"
	"github.com/selene-liveness/selene/streams/reruns"
	"github.com/selene-liveness/selene/workers"
)

// Name is the name under which Serve registers.
const Name = "rerun"

// Serve judges stored sessions again on request, with the workers that are running, until ctx is done. o.Concurrency is the
// number of frames that those workers are given at the same time.
func Serve(ctx context.Context, conn *streams.Conn, o workers.Options) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return conn.Register(ctx, schemas.Registration{Name: Name, Version: o.Version}) })
	group.Go(func() error {
		return reruns.Serve(ctx, conn, func(ctx context.Context, order schemas.RerunOrder) ([]byte, error) {
			result, err := judgeStored(ctx, conn, order, o.Concurrency)
			if err != nil {
				return nil, err
			}
			return json.Marshal(result)
		})
	})
	return group.Wait()
}

// judgeStored judges one stored session again.
func judgeStored(ctx context.Context, conn *streams.Conn, o schemas.RerunOrder, jobs int) (result *Result, err error) {
	var one iter.Seq2[*Recording, error] = func(yield func(*Recording, error) bool) { yield(record(ctx, conn, o.Session)) }
	err = New(conn, Options{Settings: o.Settings, Jobs: jobs}).Do(ctx, one, func(r *Result) error {
		result = r
		return nil
	})
	return result, err
}

// record records a session into a temporary file. It is not signed, as it does not leave this process.
func record(ctx context.Context, conn *streams.Conn, session string) (*Recording, error) {
	unsigned := func(jwt.Claims) (string, error) { return "", nil }
	read, write := io.Pipe()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		err := recording.Write(ctx, write, conn, session, unsigned)
		write.CloseWithError(err) // nil ends the file
		return err
	})
	var bundle *recording.Bundle
	group.Go(func() (err error) {
		bundle, err = recording.Receive(read, recording.MaxBytes)
		read.CloseWithError(err)
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, fmt.Errorf("record session %s: %w", session, err)
	}
	r, err := FromBundle(bundle)
	if err != nil {
		return nil, errors.Join(err, bundle.Close())
	}
	return r, nil
}
