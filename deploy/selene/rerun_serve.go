package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/sync/errgroup"

	"github.com/selene-liveness/selene/deploy/selene/rerun"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/recording"
)

// rerunner is the part that has sessions judged again by the running workers, for those who ask over REST.
const rerunner = "rerun"

func (p *process) serveReruns(ctx context.Context, conn *streams.Conn) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return conn.Register(ctx, streams.Registration{Name: rerunner, Version: version()}) })
	group.Go(func() error {
		return conn.ServeReruns(ctx, func(ctx context.Context, o streams.RerunOrder) ([]byte, error) {
			result, err := rerunOne(ctx, conn, o, p.Concurrency)
			if err != nil {
				return nil, err
			}
			return json.Marshal(result)
		})
	})
	return group.Wait()
}

// rerunOne has one session judged again.
func rerunOne(ctx context.Context, conn *streams.Conn, o streams.RerunOrder, jobs int) (result *rerun.Result, err error) {
	var one iter.Seq2[*rerun.Recording, error] = func(yield func(*rerun.Recording, error) bool) { yield(recordHere(ctx, conn, o.Session)) }
	err = rerun.New(conn, rerun.Options{Settings: o.Settings, Jobs: jobs}).Do(ctx, one, func(r *rerun.Result) error {
		result = r
		return nil
	})
	return result, err
}

// recordHere records a session into a temporary file. Nobody else sees it, so nobody signs it.
func recordHere(ctx context.Context, conn *streams.Conn, session string) (*rerun.Recording, error) {
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
	r, err := rerun.FromBundle(bundle)
	if err != nil {
		return nil, errors.Join(err, bundle.Close())
	}
	return r, nil
}
