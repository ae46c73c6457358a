package media

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"path"
	"strings"
)

func (d *directory) List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		_, err := d.walk(ctx, ".", func(name string, entry fs.DirEntry) (bool, error) {
			if !strings.HasPrefix(name, prefix) || !isName(name) {
				return true, nil
			}
			stat, err := entry.Info()
			if errors.Is(err, fs.ErrNotExist) {
				return true, nil
			}
			if err != nil {
				return false, err
			}
			return yield(describeFile(name, stat), nil), nil
		})
		if err != nil {
			yield(Info{}, err)
		}
	}
}

const entriesAtOnce = 256

// walk visits every regular file below dir, including hidden ones, until visit returns false or an error. It holds some
// entries of each folder on the way in memory.
func (d *directory) walk(ctx context.Context, dir string, visit func(name string, entry fs.DirEntry) (bool, error)) (bool, error) {
	f, err := d.root.Open(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	for {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		entries, err := f.ReadDir(entriesAtOnce)
		if errors.Is(err, io.EOF) || errors.Is(err, fs.ErrNotExist) { // or it was removed
			return true, nil
		}
		if err != nil {
			return false, err
		}
		for _, entry := range entries {
			goOn, err := true, error(nil)
			switch name := path.Join(dir, entry.Name()); {
			case entry.IsDir():
				goOn, err = d.walk(ctx, name, visit)
			case entry.Type().IsRegular():
				goOn, err = visit(name, entry)
			}
			if !goOn || err != nil {
				return goOn, err
			}
		}
	}
}
