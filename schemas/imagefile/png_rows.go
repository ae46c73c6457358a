package imagefile

import (
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// pass is a grid of the pixels of a picture: every dx-th column from x on, every dy-th row from y on.
type pass struct{ x, y, dx, dy int }

var (
	onePass = []pass{{0, 0, 1, 1}}
	adam7   = []pass{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}}
)

func (p *pngFile) passes() []pass {
	if p.interlaced {
		return adam7
	}
	return onePass
}

// rowsOf returns how many rows a pass has, and the bytes of each with its filter type; an empty pass has none.
func (p *pngFile) rowsOf(pass pass) (rows, length int) {
	width, height := ceil(p.width-pass.x, pass.dx), ceil(p.height-pass.y, pass.dy)
	if width <= 0 || height <= 0 {
		return 0, 0
	}
	return height, 1 + ceil(pngComponents[p.colorType]*p.depth*width, 8)
}

// rowBytes returns the number of bytes of all rows.
func (p *pngFile) rowBytes() (n int) {
	for _, pass := range p.passes() {
		rows, length := p.rowsOf(pass)
		n += rows * length
	}
	return n
}

// highestFilter is the largest filter type of a row.
const highestFilter = 4

// inflater holds what checking rows needs. It can be used for one file after another.
type inflater struct {
	zlib io.ReadCloser // also a zlib.Resetter
	row  []byte
}

var inflaters = sync.Pool{New: func() any { return new(inflater) }}

// checkRows inflates the pixel data and drops it: every row of every pass must be there, and nothing else. It never
// reads more than the header promises.
func (p *pngFile) checkRows() error {
	f := inflaters.Get().(*inflater)
	defer inflaters.Put(f)
	data := &dataReader{rest: p.data, until: time.Now().Add(rowsTime)}
	err := f.check(p, data)
	if errors.Is(err, errLong) {
		return nil
	}
	return err
}

func (f *inflater) check(p *pngFile, data *dataReader) error {
	if err := f.reset(data); err != nil {
		return missing(err)
	}
	for _, pass := range p.passes() {
		if rows, length := p.rowsOf(pass); rows > 0 {
			if err := f.readRows(rows, length); err != nil {
				return err
			}
		}
	}
	n, err := io.ReadFull(f.zlib, make([]byte, 1)) // reads the checksum too
	if n == 0 && !errors.Is(err, io.EOF) {
		return missing(err)
	}
	if n > 0 || len(data.chunk) > 0 {
		return errors.New("more pixel data than rows")
	}
	return nil
}

func (f *inflater) reset(r io.Reader) (err error) {
	if f.zlib == nil {
		f.zlib, err = zlib.NewReader(r)
		return err
	}
	return f.zlib.(zlib.Resetter).Reset(r, nil)
}

// readRows reads rows of so many bytes each, the first of which is the filter type.
func (f *inflater) readRows(rows, length int) error {
	if cap(f.row) < length {
		f.row = make([]byte, length)
	}
	row := f.row[:length]
	for range rows {
		if _, err := io.ReadFull(f.zlib, row); err != nil {
			return missing(err)
		}
		if row[0] > highestFilter {
			return errors.New("a row has an unknown filter")
		}
	}
	return nil
}

// missing distinguishes pixel data that ends early from damaged data.
func missing(err error) error {
	if errors.Is(err, errLong) {
		return err
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrTruncated
	}
	return fmt.Errorf("the pixel data is damaged: %w", err)
}

// dataReader reads the contents of consecutive IDAT chunks. They have been walked before.
type dataReader struct {
	chunk, rest []byte
	read        int
	until       time.Time
}

// errLong marks data that takes long to inflate.
var errLong = errors.New("the pixel data takes long to check")

func (r *dataReader) Read(b []byte) (int, error) {
	for len(r.chunk) == 0 {
		kind, content, rest, err := nextChunk(r.rest)
		if err != nil || string(kind) != "IDAT" {
			return 0, io.EOF
		}
		r.chunk, r.rest = content, rest
	}
	if r.read > rowsBytes && time.Now().After(r.until) {
		return 0, errLong
	}
	n := copy(b, r.chunk)
	r.chunk = r.chunk[n:]
	r.read += n
	return n, nil
}
