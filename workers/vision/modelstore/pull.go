package modelstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
)

// Progress is how far a pull is: which file, and its bytes so far and in all.
type Progress struct {
	Pack, File  string
	Done, Total int64
}

// Pull downloads a pack (only "zoo" so far) to modelsDir/<pack>, checking the sha256 of every file. Files that are
// there already are kept; a complete pack costs no request. It stops at the first file that cannot be had: an address
// that cannot be reached within five seconds, or a download that stands still for fifteen. progress may be nil; it is
// called from this goroutine.
func Pull(ctx context.Context, pack, modelsDir string, progress func(Progress)) error {
	d, err := describe(pack)
	if err != nil {
		return err
	}
	client := newClient()
	defer client.CloseIdleConnections()
	return d.download(ctx, client, modelsDir, progress)
}

func (d *description) download(ctx context.Context, client *http.Client, modelsDir string, progress func(Progress)) error {
	return d.install(modelsDir, progress, func(f source) (io.ReadCloser, error) {
		return fetch(ctx, client, f)
	})
}

// PullFrom makes the same pack from local files: dir is laid out as the paths of zoo.json say
// (detector/yunet_n_dynamic.onnx, ...). The same digests are demanded.
func PullFrom(ctx context.Context, pack, dir, modelsDir string, progress func(Progress)) error {
	d, err := describe(pack)
	if err != nil {
		return err
	}
	return d.install(modelsDir, progress, func(f source) (io.ReadCloser, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r, err := os.Open(filepath.Join(dir, filepath.FromSlash(f.Path)))
		if err != nil {
			return nil, fmt.Errorf("%w; put the file there, from %s", err, f.URL)
		}
		return r, nil
	})
}

// install brings every missing file of the pack through open, then writes pack.json.
func (d *description) install(modelsDir string, progress func(Progress), open func(source) (io.ReadCloser, error)) error {
	dir := filepath.Join(modelsDir, d.pack.Name)
	for _, f := range d.Files {
		path := filepath.Join(dir, f.Name)
		if hasDigest(path, d.digest(f.Name)) {
			continue
		}
		if err := d.installFile(path, f, progress, open); err != nil {
			return err
		}
	}
	if err := d.writePackJSON(dir); err != nil {
		return fmt.Errorf("pack %s: pack.json: %w", d.pack.Name, err)
	}
	return nil
}

func (d *description) installFile(path string, f source, progress func(Progress), open func(source) (io.ReadCloser, error)) error {
	r, err := open(f)
	if err != nil {
		return fmt.Errorf("pack %s: file %s: %w", d.pack.Name, f.Name, err)
	}
	defer r.Close()
	meter := &meter{r: io.LimitReader(r, f.Bytes+1), report: progress, p: Progress{Pack: d.pack.Name, File: f.Name, Total: f.Bytes}}
	err = writeChecked(path, d.digest(f.Name), meter)
	var digest digestError
	switch {
	case errors.As(err, &digest) && meter.p.Done > f.Bytes:
		return fmt.Errorf("pack %s: file %s: expected %d bytes, found more; nothing was kept: take it from %s",
			d.pack.Name, f.Name, f.Bytes, f.URL)
	case errors.As(err, &digest):
		return fmt.Errorf("pack %s: file %s (%d bytes, expected %d): %w; nothing was kept: take it from %s",
			d.pack.Name, f.Name, meter.p.Done, f.Bytes, err, f.URL)
	case err != nil:
		return fmt.Errorf("pack %s: file %s, after %d of %d bytes: %w", d.pack.Name, f.Name, meter.p.Done, f.Bytes, err)
	}
	return nil
}

// meter reports what passes through it.
type meter struct {
	r      io.Reader
	report func(Progress)
	p      Progress
}

func (m *meter) Read(b []byte) (int, error) {
	n, err := m.r.Read(b)
	m.p.Done += int64(n)
	if m.report != nil && n > 0 {
		m.report(m.p)
	}
	return n, err
}
