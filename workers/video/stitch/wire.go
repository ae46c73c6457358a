package stitch

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// The input of an encoder process: a header, frames, an end. Each record is two lengths (big-endian, 32 bits), that many
// bytes of JSON and that many bytes of image; the header has no image, and the end has neither.
const (
	// maxMeta bounds the JSON of a record. The largest drawing takes less.
	maxMeta = 1 << 20
	// maxImage bounds an image file. It is far above the limit of the edge.
	maxImage = 32 << 20
)

type wireHeader struct {
	Options Options
	// File is the file to write; the parent renames it to Options.Path.
	File string
}

type wireFrame struct {
	AtUnixNanos int64
	Draw        *Drawing `json:",omitempty"`
}

// The kinds of a wireResult.
const (
	kindDone     = "done"
	kindNoFrames = "no_frames"
	kindFailed   = "failed"
)

// wireResult is the line that an encoder process writes at the end.
type wireResult struct {
	Kind   string
	Reason string `json:",omitempty"`

	Frames, Repeated, Dropped, Skipped int
	Width, Height                      int
	StartUnixNanos                     int64
	Duration                           time.Duration
	Bytes                              int64
	// PeakRSS is the peak resident memory of that process, in bytes.
	PeakRSS int64
}

func resultLine(res Result, err error) wireResult {
	var none *NoFramesError
	switch {
	case errors.As(err, &none):
		return wireResult{Kind: kindNoFrames, Reason: reason(none.Reason), Skipped: none.Skipped}
	case err != nil:
		return wireResult{Kind: kindFailed, Reason: err.Error()}
	}
	return wireResult{
		Kind: kindDone, Reason: reason(res.SkipReason),
		Frames: res.Frames, Repeated: res.Repeated, Dropped: res.Dropped, Skipped: res.Skipped,
		Width: res.Width, Height: res.Height, StartUnixNanos: res.Start.UnixNano(), Duration: res.Duration, Bytes: res.Bytes,
	}
}

func reason(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// result returns the arguments that resultLine was called with.
func (w wireResult) result() (Result, error) {
	var reason error
	if w.Reason != "" {
		reason = errors.New(w.Reason)
	}
	switch w.Kind {
	case kindDone:
		return Result{
			Frames: w.Frames, Repeated: w.Repeated, Dropped: w.Dropped, Skipped: w.Skipped, SkipReason: reason,
			Width: w.Width, Height: w.Height, Start: time.Unix(0, w.StartUnixNanos), Duration: w.Duration, Bytes: w.Bytes,
		}, nil
	case kindNoFrames:
		return Result{}, &NoFramesError{Skipped: w.Skipped, Reason: reason}
	case kindFailed:
		return Result{}, reason
	}
	return Result{}, fmt.Errorf("the encoder process returned a result of the unknown kind %q", w.Kind)
}

func writeHeader(w io.Writer, h wireHeader) error { return writeRecord(w, h, nil) }

func writeFrame(w io.Writer, f Frame) error {
	meta := wireFrame{AtUnixNanos: f.At.UnixNano()}
	if d := f.Draw.trimmed(); !d.isEmpty() {
		meta.Draw = &d
	}
	return writeRecord(w, meta, f.Image)
}

func writeRecord(w io.Writer, meta any, image []byte) error {
	data, err := json.Marshal(meta)
	if err != nil {
		return err
	}
	if len(data) > maxMeta || len(image) > maxImage {
		return fmt.Errorf(
			"a record of %d bytes of JSON and %d bytes of image is too large; the limits are %d and %d",
			len(data),
			len(image),
			maxMeta,
			maxImage,
		)
	}
	buf := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	buf = binary.BigEndian.AppendUint32(buf, uint32(len(image)))
	if _, err := w.Write(append(buf, data...)); err != nil {
		return err
	}
	_, err = w.Write(image)
	return err
}

func writeEnd(w io.Writer) error {
	_, err := w.Write(make([]byte, 8))
	return err
}

func readHeader(r io.Reader) (wireHeader, error) {
	var h wireHeader
	image, err := readRecord(r, &h)
	if err == nil && len(image) > 0 {
		err = fmt.Errorf("the header has an image of %d bytes", len(image))
	}
	return h, unexpected(err)
}

// readFrame returns io.EOF at the end record, and io.ErrUnexpectedEOF when the input ends before it.
func readFrame(r io.Reader) (Frame, error) {
	var meta wireFrame
	image, err := readRecord(r, &meta)
	if err != nil {
		return Frame{}, err
	}
	f := Frame{Image: image, At: time.Unix(0, meta.AtUnixNanos)}
	if meta.Draw != nil {
		f.Draw = *meta.Draw
	}
	return f, nil
}

// readRecord returns io.EOF at an end record.
func readRecord(r io.Reader, meta any) (image []byte, err error) {
	var lengths [8]byte
	if _, err := io.ReadFull(r, lengths[:]); err != nil {
		return nil, unexpected(err)
	}
	metaLen, imageLen := binary.BigEndian.Uint32(lengths[:4]), binary.BigEndian.Uint32(lengths[4:])
	if metaLen == 0 && imageLen == 0 {
		return nil, io.EOF
	}
	if metaLen > maxMeta || imageLen > maxImage {
		return nil, fmt.Errorf(
			"a record of %d bytes of JSON and %d bytes of image is too large; the limits are %d and %d",
			metaLen,
			imageLen,
			maxMeta,
			maxImage,
		)
	}
	data := make([]byte, metaLen)
	if _, err := io.ReadFull(r, data); err != nil {
		return nil, unexpected(err)
	}
	if err := json.Unmarshal(data, meta); err != nil {
		return nil, fmt.Errorf("read a record: %w", err)
	}
	image = make([]byte, imageLen)
	if _, err := io.ReadFull(r, image); err != nil {
		return nil, unexpected(err)
	}
	return image, nil
}

// unexpected turns io.EOF into io.ErrUnexpectedEOF, since the input has an end record.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
