package imagefile

import "time"

// ErrLong marks data that takes long to check.
var ErrLong = errLong

// CheckRows checks the rows of a PNG until then.
func CheckRows(data []byte, until time.Time) error {
	p, _, err := inspect(data, MaxPixels)
	if err != nil {
		return err
	}
	return new(inflater).check(&p, &dataReader{rest: p.data, until: until})
}
