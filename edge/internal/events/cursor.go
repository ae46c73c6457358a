package events

import (
	"fmt"
	"strconv"
	"strings"
)

// Cursor is the last sequence that was delivered from the stream of each kind.
type Cursor map[Kind]uint64

// String returns the sequences in the order of Kinds: 12-5-0.
func (c Cursor) String() string {
	var parts []string
	for _, k := range Kinds() {
		parts = append(parts, strconv.FormatUint(c[k], 10))
	}
	return strings.Join(parts, "-")
}

// ParseCursor reads the output of String. If only one kind is wanted, its sequence is enough.
func ParseCursor(text string, wanted []Kind) (Cursor, error) {
	kinds := Kinds()
	if len(wanted) == 1 && !strings.Contains(text, "-") {
		kinds = wanted
	}
	parts := strings.Split(text, "-")
	c := Cursor{}
	if len(parts) != len(kinds) {
		return nil, fmt.Errorf("%.60q is not a cursor", text)
	}
	for i, k := range kinds {
		n, err := strconv.ParseUint(parts[i], 10, 63)
		if err != nil {
			return nil, fmt.Errorf("%.60q is not a cursor", text)
		}
		c[k] = n
	}
	return c, nil
}
