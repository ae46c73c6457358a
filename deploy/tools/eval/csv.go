package eval

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
)

// Pair is one line of pairs.csv: whether two files show the same person.
type Pair struct {
	A, B string
	Same bool
	Line int
}

// DatasetError is an error in a file of a dataset.
type DatasetError struct {
	File string // labels.csv, pairs.csv, or the path of the file with more columns
	Line int    // 0 = the file as a whole
	What string
}

func (e *DatasetError) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.What
	}
	return fmt.Sprintf("%s line %d: %s", e.File, e.Line, e.What)
}

const (
	labelsFile = "labels.csv"
	pairsFile  = "pairs.csv"
	maxLines   = 1_000_000
)

// ParsePairs reads pairs.csv: the columns file_a, file_b and relation (same or different). Every error is a *DatasetError.
func ParsePairs(r io.Reader) ([]Pair, error) {
	var out []Pair
	err := eachLine(pairsFile, r, []string{"file_a", "file_b", "relation"}, nil, func(line int, v []string) error {
		if v[2] != "same" && v[2] != "different" {
			return &DatasetError{pairsFile, line, fmt.Sprintf("relation is %q: use same or different", v[2])}
		}
		if v[0] == v[1] {
			return &DatasetError{pairsFile, line, fmt.Sprintf("%q is paired with itself", v[0])}
		}
		out = append(out, Pair{A: v[0], B: v[1], Same: v[2] == "same", Line: line})
		return nil
	})
	return out, err
}

// eachLine calls handle with the wanted columns of every line, the required ones first; a missing optional column is "".
func eachLine(name string, r io.Reader, required, optional []string, handle func(line int, values []string) error) error {
	in := csv.NewReader(r)
	in.FieldsPerRecord = -1 // checked below, with a better message
	in.TrimLeadingSpace = true
	header, err := in.Read()
	if errors.Is(err, io.EOF) {
		return &DatasetError{name, 0, "is empty: the first line must name the columns " + strings.Join(required, ", ")}
	}
	if err != nil {
		return &DatasetError{name, 0, err.Error()}
	}
	if len(header) > 0 {
		header[0] = strings.TrimPrefix(header[0], "\ufeff") // spreadsheets write a byte order mark
	}
	var missing []string
	var at []int
	for i, column := range slices.Concat(required, optional) {
		k := slices.IndexFunc(header, func(h string) bool { return strings.TrimSpace(h) == column })
		if k < 0 && i < len(required) {
			missing = append(missing, column)
		}
		at = append(at, k)
	}
	if len(missing) > 0 {
		return &DatasetError{
			name,
			1,
			fmt.Sprintf("no column %s; the columns are %s", strings.Join(missing, ", "), strings.Join(header, ", ")),
		}
	}
	values := make([]string, len(at))
	for n := 0; ; n++ {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return &DatasetError{name, 0, err.Error()} // the message of encoding/csv names the line
		}
		line, _ := in.FieldPos(0)
		if n == maxLines {
			return &DatasetError{name, line, fmt.Sprintf("more than %d lines", maxLines)}
		}
		for i, k := range at {
			values[i] = ""
			switch {
			case k >= 0 && k < len(record):
				values[i] = strings.TrimSpace(record[k])
			case k >= 0 && i < len(required):
				return &DatasetError{name, line, fmt.Sprintf("the line has %d columns, but %s is column %d", len(record), required[i], k+1)}
			}
		}
		if err := handle(line, values); err != nil {
			return err
		}
	}
}

// insideFolder reports whether a path stays inside the folder of the dataset.
func insideFolder(path string) bool {
	return path != "" && filepath.IsLocal(filepath.FromSlash(path)) && !strings.ContainsRune(path, 0)
}
