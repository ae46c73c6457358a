package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/selene-liveness/selene/deploy/tools/rest"
	"github.com/selene-liveness/selene/deploy/tools/terminal"
	"github.com/selene-liveness/selene/schemas"
)

// exporting is an export that this command orders, follows and downloads.
type exporting struct {
	from *rest.Client
	out  io.Writer
	json bool
	dir  string // where the files go
	bar  *terminal.Bar
}

const (
	orderTime   = 30 * time.Second
	followTries = 5
	followPause = time.Second
	maxEvent    = 1 << 20 // bytes
)

// run orders the export and returns nil when all files were downloaded.
func (x *exporting) run(ctx context.Context, order []byte) error {
	if err := os.MkdirAll(x.dir, 0o700); err != nil {
		return fmt.Errorf("create the folder for the files: %w", err)
	}
	e, err := x.post(ctx, order)
	if err != nil {
		return err
	}
	last, err := x.follow(ctx, e.ID)
	x.bar.Wipe()
	switch {
	case err != nil && ctx.Err() != nil:
		return x.cancel(context.WithoutCancel(ctx), e.ID)
	case err != nil:
		return fmt.Errorf("export %s continues, but this command lost contact with it: %w", e.ID, err)
	case last.Status != schemas.VideoSuccess:
		return errors.New(strings.TrimSpace(fmt.Sprintf("export %s ended with status %s: %s", e.ID, last.Status, last.Reason)))
	}
	for n, f := range last.Files {
		if err := x.fetch(ctx, e.ID, n+1, f); err != nil {
			return err
		}
	}
	return nil
}

// post orders the export. It is not interrupted, because an export whose ID is unknown could not be canceled.
func (x *exporting) post(ctx context.Context, order []byte) (*schemas.Export, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), orderTime)
	defer cancel()
	e := &schemas.Export{}
	return e, x.from.Call(ctx, http.MethodPost, "/v1/exports", order, e)
}

// cancel cancels the export after an interrupt.
func (x *exporting) cancel(ctx context.Context, id string) error {
	ctx, stop := context.WithTimeout(ctx, orderTime)
	defer stop()
	var answer json.RawMessage
	if err := x.from.Call(ctx, http.MethodDelete, "/v1/exports/"+id, nil, &answer); err != nil {
		return fmt.Errorf("export %s was not canceled: %w", id, err)
	}
	return fmt.Errorf("export %s was canceled", id)
}

// follow returns the export once it has ended. It reconnects when the connection breaks.
func (x *exporting) follow(ctx context.Context, id string) (*schemas.Export, error) {
	for failures := 0; ; {
		last, err := x.events(ctx, id)
		if last != nil {
			failures = 0
			if last.Over() {
				return last, nil
			}
		}
		if failures++; failures == followTries {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(followPause):
		}
	}
}

// events shows the export's steps until the connection ends, and returns the last one.
func (x *exporting) events(ctx context.Context, id string) (last *schemas.Export, err error) {
	answer, err := x.from.Open(ctx, "/v1/exports/"+id+"/events")
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	lines := bufio.NewScanner(answer)
	lines.Buffer(nil, maxEvent)
	for lines.Scan() {
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		last = &schemas.Export{}
		if err := json.Unmarshal([]byte(data), last); err != nil {
			return nil, fmt.Errorf("read an event: %w", err)
		}
		if x.json {
			fmt.Fprintln(x.out, data)
		}
		x.bar.Draw(terminal.Progress{Stage: last.Status, Fraction: float64(last.Percent) / 100})
	}
	if err := lines.Err(); err != nil {
		return last, fmt.Errorf("read the events: %w", err)
	}
	return last, errors.New("the connection ended before the export did")
}

// fetch downloads a file into the folder under its name.
func (x *exporting) fetch(ctx context.Context, id string, number int, f schemas.ExportFile) error {
	if f.Name != filepath.Base(f.Name) || !filepath.IsLocal(f.Name) {
		return fmt.Errorf("export %s: the installation sent the file name %q, which is not allowed", id, f.Name)
	}
	answer, err := x.from.Open(ctx, fmt.Sprintf("/v1/exports/%s/files/%d", id, number))
	if err != nil {
		return err
	}
	defer answer.Close()
	path := filepath.Join(x.dir, f.Name)
	if err := writeFile(path, answer); err != nil {
		return fmt.Errorf("download file %d of export %s: %w", number, id, err)
	}
	if !x.json {
		fmt.Fprintf(
			x.out,
			"%s  %s %dx%d, %.1f s, %d frames, %.2f MB\n",
			path,
			f.Codec,
			f.Width,
			f.Height,
			f.Duration,
			f.Frames,
			float64(f.Bytes)/1e6,
		)
		return nil
	}
	line, err := json.Marshal(map[string]string{"file": path, "session": f.Session})
	if err != nil {
		return fmt.Errorf("encode the result: %w", err)
	}
	fmt.Fprintf(x.out, "%s\n", line)
	return nil
}
