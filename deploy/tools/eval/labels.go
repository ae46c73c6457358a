package eval

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Label is one line of labels.csv: what a file shows. README.md lists the columns.
type Label struct {
	File       string  // path below the folder of the dataset, with slashes
	Kind       string  // see Kinds; a kind of your own is counted under its name
	Identity   string  // the person, "" when unknown
	Faces      Count   // number of faces, zero when unknown
	Glasses    string  // no_glasses, eyeglasses, sunglasses; "" when unknown
	Pose       string  // "frontal": facing the camera all the time; of a profile, the name of its side; "" when unknown
	Expression string  // what the face does, such as talking; "" for a neutral face
	Closed     Seconds // of a clip: when the eyes are closed for the first time, zero when unknown
	Instrument string  // of an attack; "" = what the kind says
	Shows      string  // for people
	Line       int     // in labels.csv; 0 when there was none

	half Split
}

// Count is a number of faces.
type Count struct {
	Least int
	Most  int // Least, or unlimited (-1)
}

// Seconds is a span of a clip.
type Seconds struct{ From, To time.Duration }

// columns are the optional columns of labels.csv. set is called with a value that is not empty; its error names the allowed values.
var columns = []struct {
	name string
	set  func(l *Label, value string) error
}{
	{"identity", func(l *Label, v string) error { l.Identity = v; return nil }},
	{"faces", func(l *Label, v string) error { return l.Faces.parse(v) }},
	{"glasses", func(l *Label, v string) error { l.Glasses = v; return oneOf(v, noGlasses, eyeglasses, sunglasses) }},
	{"pose", func(l *Label, v string) error { l.Pose = v; return nil }},
	{"expression", func(l *Label, v string) error { l.Expression = v; return nil }},
	{"eyes_closed", func(l *Label, v string) error { return l.Closed.parse(v) }},
	{"instrument", func(l *Label, v string) error { l.Instrument = v; return nil }},
	{"shows", func(l *Label, v string) error { l.Shows = v; return nil }},
}

func columnNames() []string {
	var out []string
	for _, c := range columns {
		out = append(out, c.name)
	}
	return out
}

// set takes over the optional columns of a line.
func (l *Label) set(values []string) error {
	for i, c := range columns {
		if values[i] == "" {
			continue
		}
		if err := c.set(l, values[i]); err != nil {
			return fmt.Errorf("%s is %q: %w", c.name, values[i], err)
		}
	}
	return nil
}

func oneOf(value string, allowed ...string) error {
	for _, a := range allowed {
		if value == a {
			return nil
		}
	}
	return fmt.Errorf("use %s", strings.Join(allowed, ", "))
}

// parse reads "2" or "2+", which is two or more.
func (c *Count) parse(text string) error {
	number, more := strings.CutSuffix(text, "+")
	n, err := strconv.ParseUint(number, 10, 16)
	if err != nil {
		return fmt.Errorf("use a number such as 2, or 2+ for two or more")
	}
	c.Least, c.Most = int(n), int(n)
	if more {
		c.Most = -1
	}
	return nil
}

// parse reads "0.40-0.55".
func (s *Seconds) parse(text string) error {
	first, last, _ := strings.Cut(text, "-")
	from, errFrom := strconv.ParseFloat(first, 64)
	to, errTo := strconv.ParseFloat(last, 64)
	if errFrom != nil || errTo != nil || !(0 <= from && from <= to && to <= 1e6) {
		return fmt.Errorf("use seconds such as 0.40-0.55")
	}
	s.From, s.To = time.Duration(from*float64(time.Second)), time.Duration(to*float64(time.Second))
	return nil
}

// ParseLabels reads labels.csv: a header with at least the columns file and kind, then a line for each file. Every error
// is a *DatasetError.
func ParseLabels(r io.Reader) ([]Label, error) {
	var out []Label
	seen := map[string]int{}
	err := eachLine(labelsFile, r, []string{"file", "kind"}, columnNames(), func(line int, v []string) error {
		l := Label{File: v[0], Kind: v[1], Line: line}
		switch before, again := seen[l.File]; {
		case !insideFolder(l.File):
			return &DatasetError{labelsFile, line, fmt.Sprintf("file %q must be a path below the folder of the dataset", l.File)}
		case again:
			return &DatasetError{labelsFile, line, fmt.Sprintf("file %q is already listed in line %d", l.File, before)}
		case l.Kind == "":
			return &DatasetError{labelsFile, line, "kind is empty; use one of " + strings.Join(Kinds(), ", ") + ", or one of your own"}
		}
		if err := l.set(v[2:]); err != nil {
			return &DatasetError{labelsFile, line, err.Error()}
		}
		seen[l.File] = line
		out = append(out, l)
		return nil
	})
	if err == nil && len(out) == 0 {
		err = &DatasetError{labelsFile, 0, "lists no file"}
	}
	return out, err
}

// addColumns reads more columns for labels from a separate file: a header with the column file, then a line for each file
// about which there is something to add. A value that is not empty replaces the one of labels.csv.
func addColumns(name string, r io.Reader, labels []Label) error {
	at := map[string]int{}
	for i, l := range labels {
		at[l.File] = i
	}
	return eachLine(name, r, []string{"file"}, columnNames(), func(line int, v []string) error {
		i, ok := at[v[0]]
		if !ok {
			return &DatasetError{name, line, fmt.Sprintf("file %q is not in %s", v[0], labelsFile)}
		}
		if err := labels[i].set(v[1:]); err != nil {
			return &DatasetError{name, line, err.Error()}
		}
		return nil
	})
}
