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

// Progress is the progress of a pull: the file, its bytes so far, and its size.
type Progress struct {
	Pack, File  string
	Done, Total int64
}

// Pull downloads a pack (only "zoo" so far) to modelsDir/<pack>, checking the sha256 of every file. Existing files
// are kept, and a complete pack causes no request. It stops at the first file that cannot be downloaded: when an address cannot be
// reached within five seconds, or a download stalls for fifteen. progress may be nil; it is
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

// PullFrom installs the same pack from local files: dir has the paths of zoo.json (detector/yunet_n_dynamic.onnx, ...). The
// digests are checked in the same way.
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
			return nil, fmt.Errorf("%w; download the file from %s and put it there", err, f.URL)
		}
		return r, nil
	})
}

// install copies every missing file of the pack from open, then writes pack.json.
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
		return fmt.Errorf("pack %s: file %s: expected %d bytes, found more; the file was not installed: get it from %s",
			d.pack.Name, f.Name, f.Bytes, f.URL)
	case errors.As(err, &digest):
		return fmt.Errorf("pack %s: file %s (%d bytes, expected %d): %w; the file was not installed: get it from %s",
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
