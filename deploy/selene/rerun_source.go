package main

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/selene-liveness/selene/deploy/tools/rest"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/recording"
	"github.com/selene-liveness/selene/workers/rerun"
)

// recordings returns the sessions that the arguments and flags select. Each file is closed once its session is judged.
func (o *rerunFlags) recordings(c *cobra.Command, from *rest.Client, args []string) iter.Seq2[*rerun.Recording, error] {
	return func(yield func(*rerun.Recording, error) bool) {
		for _, arg := range args {
			files, err := bundlesOf(arg)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, file := range files {
				if !yield(openBundle(file)) {
					return
				}
			}
			if files == nil && !yield(fetchRecording(c, from, arg)) {
				return
			}
		}
		if !o.query.set() {
			return
		}
		err := o.query.findIDs(c, from, func(id string) error {
			if !yield(fetchRecording(c, from, id)) {
				return errStop
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(nil, err)
		}
	}
}

var errStop = errors.New("stopped")

// bundlesOf returns the files that an argument names: itself, or those in a folder. It returns nil for the ID of a session.
func bundlesOf(arg string) ([]string, error) {
	info, err := os.Stat(arg)
	if errors.Is(err, fs.ErrNotExist) {
		if streams.CheckSession(arg) == nil {
			return nil, nil
		}
		return nil, fmt.Errorf("%s does not exist, and is not a session ID either", arg)
	}
	if err != nil {
		return nil, fmt.Errorf("find the recordings: %w", err)
	}
	if !info.IsDir() {
		return []string{arg}, nil
	}
	var files []string
	for _, pattern := range []string{"*.tar", "*.tar" + zstdSuffix} {
		found, err := filepath.Glob(filepath.Join(arg, pattern))
		if err != nil {
			return nil, fmt.Errorf("find the recordings: %w", err)
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("folder %s has no recordings (*.tar, *.tar%s)", arg, zstdSuffix)
	}
	return files, nil
}

func openBundle(path string) (*rerun.Recording, error) {
	b, err := recording.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	r, err := readBundle(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// readBundle verifies a bundle and takes ownership of it.
func readBundle(b *recording.Bundle) (*rerun.Recording, error) {
	err := b.Verify(func(string) ed25519.PublicKey { return nil })
	if errors.Is(err, recording.ErrUnsigned) {
		err = nil // the content is verified; who signed it does not matter here
	}
	var r *rerun.Recording
	if err == nil {
		r, err = rerun.FromBundle(b)
	}
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return r, nil
}

// fetchRecording downloads the recording of a session into a temporary file.
func fetchRecording(c *cobra.Command, from *rest.Client, session string) (*rerun.Recording, error) {
	answer, err := from.Open(c.Context(), "/v1/sessions/"+session+"/recording")
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	b, err := recording.Receive(answer, recording.MaxBytes)
	if err != nil {
		return nil, fmt.Errorf("session %s: %w", session, err)
	}
	return readBundle(b)
}
