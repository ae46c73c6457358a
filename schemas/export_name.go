package schemas

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

const (
	defaultExportName = "{name}_{start}_{end}"
	maxFileName       = 200 // bytes, after the placeholders are replaced; file systems allow 255
	fileTime          = "20060102T150405Z"
)

// Everything except the placeholders must be safe in a file name on any system, and on a command line.
var (
	exportName      = regexp.MustCompile(`^(\{name\}|\{start\}|\{end\}|[\pL\pN_ .,=@+()-])+$`)
	exportNameBegin = regexp.MustCompile(`^[{\pL\pN_]`)
)

// FileName returns the name of the file of a session whose frames arrived from start to end. ext begins with a dot. The name
// is a single element of a path on any system.
func (o *ExportOrder) FileName(session string, start, end time.Time, ext string) string {
	return expandName(o.Name, session, start, end) + ext
}

func expandName(template, session string, start, end time.Time) string {
	return strings.NewReplacer(
		"{name}", session, "{start}", start.UTC().Format(fileTime), "{end}", end.UTC().Format(fileTime),
	).Replace(template)
}

func exportNameAllowed(template string, many bool) error {
	const id = "00000000-0000-0000-0000-000000000000"
	switch longest := expandName(template, id, time.Time{}, time.Time{}); {
	case len(longest) > maxFileName:
		return invalid(
			"name",
			fmt.Sprintf("must have at most %d bytes after its placeholders are replaced, not %d", maxFileName, len(longest)),
		)
	case !exportName.MatchString(template), !exportNameBegin.MatchString(template),
		strings.HasSuffix(template, "."), strings.HasSuffix(template, " "):
		return invalid("name", fmt.Sprintf("must consist of {name}, {start}, {end}, letters, digits, spaces and _.,=@+()-, "+
			"begin with a letter, digit, _ or {, and not end with a dot or space; not %.70q", template))
	case many && !strings.Contains(template, "{name}"):
		return invalid("name", "must contain {name} when there are several sessions, because each file needs a name of its own")
	}
	return nil
}
