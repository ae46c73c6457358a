package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path"
	"strings"
	"time"
)

// directory stores objects as files below a folder, which os.Root cannot leave. Files whose names begin with a dot are not
// objects:
//
//	video/2026-11-21/<session>.mp4                 an object
//	bestshot/<session>                             another
//	bestshot/.<session>.type                       its media type, which no extension gives
//	video/2026-11-21/.<session>.mp4.<number>.tmp   one that is being written
type directory struct{ root *os.Root }

const (
	temporary = ".tmp"
	sidecar   = ".type"
)

// extensions maps file extensions to the media types they state.
var extensions = map[string]string{".mp4": "video/mp4", ".webm": "video/webm"}

func openDirectory(dir string) (Store, error) {
	unusable := func(err error) error {
		return fmt.Errorf("folder for media: %w: SELENE_MEDIA_DIR must name a writable folder", err)
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, unusable(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, unusable(err)
	}
	d := &directory{root}
	f, name, err := d.create("write-test")
	if err != nil {
		return nil, unusable(err)
	}
	if err := errors.Join(f.Close(), root.Remove(name)); err != nil {
		return nil, unusable(err)
	}
	return d, nil
}

func (d *directory) Put(ctx context.Context, name, mediaType string, r io.Reader) error {
	if err := checkName(name); err != nil {
		return err
	}
	hasExtension := extensions[path.Ext(name)] == mediaType
	err := d.write(ctx, name, r, func() error {
		if hasExtension {
			return nil
		}
		return d.write(ctx, sidecarOf(name), strings.NewReader(mediaType), func() error { return nil })
	})
	if err == nil && hasExtension {
		err = d.remove(sidecarOf(name))
	}
	return err
}

func sidecarOf(name string) string {
	dir, base := path.Split(name)
	return dir + "." + base + sidecar
}

// write stores a file under name once it is complete and ready returns nil. Otherwise it stores nothing.
func (d *directory) write(ctx context.Context, name string, r io.Reader, ready func() error) (err error) {
	f, temp, err := d.create(name)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.remove(temp))
		}
	}()
	_, err = io.Copy(f, whileRunning{r, ctx.Err})
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := ready(); err != nil {
		return err
	}
	if err := d.root.Rename(temp, name); err != nil {
		return err
	}
	for dir := path.Dir(name); ; dir = path.Dir(dir) {
		if err := d.sync(dir); err != nil || dir == "." {
			return err
		}
	}
}

const createTries = 10

// create opens a new hidden file beside name, and creates the folders. Delete may remove an empty folder in between.
func (d *directory) create(name string) (*os.File, string, error) {
	dir, base := path.Split(name)
	temp := fmt.Sprintf("%s.%s.%d%s", dir, strings.TrimPrefix(base, "."), rand.Uint64(), temporary) //nolint:gosec // unique, not secret
	for try := 1; ; try++ {
		err := d.root.MkdirAll(path.Clean(dir), 0o750)
		if err == nil {
			var f *os.File
			if f, err = d.root.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640); err == nil {
				return f, temp, nil
			}
		}
		if !errors.Is(err, fs.ErrNotExist) || try == createTries {
			return nil, "", err
		}
	}
}

// sync ensures that a rename in a folder survives a power cut.
func (d *directory) sync(dir string) error {
	f, err := d.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// whileRunning reads until check returns an error.
type whileRunning struct {
	io.Reader
	check func() error
}

func (r whileRunning) Read(p []byte) (int, error) {
	if err := r.check(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

func (d *directory) Open(_ context.Context, name string) (*Object, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	f, err := d.root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, notFound(name)
	}
	if err != nil {
		return nil, err
	}
	stat, err := f.Stat()
	if err == nil && !stat.Mode().IsRegular() {
		err = notFound(name)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	o := &Object{f, describeFile(name, stat)}
	o.MediaType = extensions[path.Ext(name)]
	switch mediaType, err := d.root.ReadFile(sidecarOf(name)); {
	case err == nil:
		o.MediaType = string(mediaType)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, errors.Join(err, f.Close())
	}
	return o, nil
}

func describeFile(name string, stat fs.FileInfo) Info {
	return Info{Name: name, Size: stat.Size(), Stored: stat.ModTime(), Digest: fmt.Sprintf("%x-%x", stat.ModTime().UnixNano(), stat.Size())}
}

func (d *directory) Delete(_ context.Context, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	if err := errors.Join(d.remove(name), d.remove(sidecarOf(name))); err != nil {
		return err
	}
	dir := path.Dir(name)
	for dir != "." && d.root.Remove(dir) == nil { // until one is not empty
		dir = path.Dir(dir)
	}
	return nil
}

func (d *directory) remove(name string) error {
	if err := d.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Clean removes unfinished files that were last written before a time. A writer that is still alive will fail.
func (d *directory) Clean(ctx context.Context, before time.Time) error {
	_, err := d.walk(ctx, ".", func(name string, entry fs.DirEntry) (bool, error) {
		dir, base := path.Split(name)
		hidden, ok := strings.CutPrefix(base, ".")
		owner, isType := strings.CutSuffix(hidden, sidecar)
		if !ok || !isType && !strings.HasSuffix(base, temporary) {
			return true, nil
		}
		stat, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) || err == nil && !stat.ModTime().Before(before) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		if isType {
			if _, err := d.root.Lstat(dir + owner); !errors.Is(err, fs.ErrNotExist) {
				return true, err
			}
		}
		return true, d.remove(name)
	})
	return err
}
