package eval

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Dataset is a folder of labelled images and videos.
type Dataset struct {
	Dir    string
	Labels []Label
	Pairs  []Pair
}

// Load reads and checks a dataset: a folder with labels.csv and, for matching, pairs.csv. A video, an image, or a folder of them
// without labels.csv is a dataset without labels. more is the path of a file with more columns of labels.csv, or "".
func Load(path, more string) (*Dataset, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("dataset: %w", err)
	}
	if !info.IsDir() {
		return &Dataset{Dir: filepath.Dir(path), Labels: []Label{{File: filepath.Base(path)}}}, nil
	}
	d := &Dataset{Dir: path}
	if d.Labels, err = parseFile(path, labelsFile, ParseLabels); errors.Is(err, fs.ErrNotExist) {
		return d, d.unlabelled()
	}
	if err != nil {
		return nil, fmt.Errorf("dataset %s: %w", path, err)
	}
	if d.Pairs, err = parseFile(path, pairsFile, ParsePairs); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("dataset %s: %w", path, err)
	}
	if more != "" {
		if err := d.add(more); err != nil {
			return nil, err
		}
	}
	if err := d.check(); err != nil {
		return nil, fmt.Errorf("dataset %s: %w", path, err)
	}
	assignHalves(d.Labels)
	return d, nil
}

// add reads more columns of the labels from a file.
func (d *Dataset) add(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("more labels: %w", err)
	}
	defer f.Close()
	return addColumns(path, f, d.Labels)
}

func parseFile[T any](dir, name string, parse func(io.Reader) ([]T, error)) ([]T, error) {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return parse(f)
}

// media are the extensions of the files that are judged in a folder without labels.
var media = []string{".jpg", ".jpeg", ".png", ".bmp", ".webp", ".gif", ".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi"}

// unlabelled lists the images and videos in the folder.
func (d *Dataset) unlabelled() error {
	entries, err := os.ReadDir(d.Dir)
	if err != nil {
		return fmt.Errorf("dataset: %w", err)
	}
	d.Labels = nil
	for _, e := range entries {
		if !e.IsDir() && slices.Contains(media, strings.ToLower(filepath.Ext(e.Name()))) {
			d.Labels = append(d.Labels, Label{File: e.Name()})
		}
	}
	if len(d.Labels) == 0 {
		return fmt.Errorf("dataset: folder %s has no %s, no image and no video", d.Dir, labelsFile)
	}
	return nil
}

// check checks the files against each other and against the folder.
func (d *Dataset) check() error {
	known := map[string]Label{}
	for _, l := range d.Labels {
		info, err := os.Stat(d.path(l))
		if err != nil || info.IsDir() {
			return &DatasetError{labelsFile, l.Line, fmt.Sprintf("file %q does not exist", l.File)}
		}
		known[l.File] = l
	}
	for _, p := range d.Pairs {
		for _, file := range []string{p.A, p.B} {
			if _, ok := known[file]; !ok {
				return &DatasetError{pairsFile, p.Line, fmt.Sprintf("file %q is not in %s", file, labelsFile)}
			}
		}
		a, b := known[p.A].Identity, known[p.B].Identity
		if a != "" && b != "" && (a == b) != p.Same {
			return &DatasetError{
				pairsFile,
				p.Line,
				fmt.Sprintf("%q is %s and %q is %s in %s, which contradicts the relation", p.A, a, p.B, b, labelsFile),
			}
		}
	}
	return nil
}

func (d *Dataset) path(l Label) string { return filepath.Join(d.Dir, filepath.FromSlash(l.File)) }
