package stitch

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

var drawnFrame = Frame{
	Image: []byte("image"), At: testStart,
	Draw: Drawing{
		Texts: []Text{{2, []string{"a:b", "c\nd", `%{'"\`}}},
		Boxes: []Box{{1.5, -2, 3, 4}}, Points: [][2]float32{{0, 1}, {2, 3}},
	},
}

func TestWireKeepsFrames(t *testing.T) {
	var buf bytes.Buffer
	header := wireHeader{Options{Codec: H265, Path: "a", Threads: 3, Bitrate: 7, Fragmented: true, FrameRate: 5, Width: 64, Height: 70, Rotate: 90, Flip: FlipVertical}, "file"}
	err := errors.Join(writeHeader(&buf, header), writeFrame(&buf, drawnFrame), writeFrame(&buf, Frame{At: testStart}), writeEnd(&buf))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := readHeader(&buf); err != nil || got != header {
		t.Errorf("header %+v, %v", got, err)
	}
	got, err := readFrame(&buf)
	if err != nil || !got.At.Equal(testStart) {
		t.Fatalf("%+v, %v", got, err)
	}
	got.At = testStart
	if !reflect.DeepEqual(got, drawnFrame) {
		t.Errorf("frame %+v", got)
	}
	if got, err := readFrame(&buf); err != nil || len(got.Image) != 0 || !got.Draw.isEmpty() {
		t.Errorf("the empty frame: %+v, %v", got, err)
	}
	if _, err := readFrame(&buf); !errors.Is(err, io.EOF) {
		t.Errorf("the end: %v", err)
	}
	if _, err := readFrame(&buf); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("after the end: %v", err)
	}
}

// The largest drawing, of letters that JSON encodes as six bytes, still fits a record.
func TestWireCarriesTheLargestDrawing(t *testing.T) {
	var d Drawing
	for range 100 {
		var lines []string
		for range 100 {
			lines = append(lines, strings.Repeat("\x01", 10_000))
		}
		d.Texts = append(d.Texts, Text{1, lines})
	}
	for range 10_000 {
		d.Points = append(d.Points, [2]float32{-1.2345678e-30, -1.2345678e-30})
		d.Boxes = append(d.Boxes, Box{-1.2345678e-30, -1.2345678e-30, -1.2345678e-30, -1.2345678e-30})
	}
	if err := writeFrame(io.Discard, Frame{At: testStart, Draw: d}); err != nil {
		t.Error(err)
	}
	if err := writeFrame(io.Discard, Frame{At: testStart, Image: make([]byte, maxImage+1)}); err == nil {
		t.Error("an image of any size is taken")
	}
}

func record(metaLen, imageLen uint32, rest string) string {
	b := binary.BigEndian.AppendUint32(nil, metaLen)
	return string(binary.BigEndian.AppendUint32(b, imageLen)) + rest
}

func TestServeRefusesBrokenInput(t *testing.T) {
	var header bytes.Buffer
	file := filepath.Join(t.TempDir(), "a.mp4")
	if err := writeHeader(&header, wireHeader{Options{Codec: H264, Path: "a"}, file}); err != nil {
		t.Fatal(err)
	}
	for want, in := range map[string]string{
		"unexpected EOF":      "",
		"unexpected EOF ":     record(5, 0, "{"),
		"too large":           record(maxMeta+1, 0, ""),
		"invalid character":   record(1, 0, "x"),
		"header has an image": record(2, 1, "{}x"),
	} {
		var out bytes.Buffer
		if err := serve(context.Background(), strings.NewReader(in), &out, unlimited); err == nil || !strings.Contains(err.Error(), strings.TrimSpace(want)) || out.Len() > 0 {
			t.Errorf("%q: %v, answer %q", in, err, &out)
		}
	}
	// Errors of the job itself are results.
	for want, in := range map[string]string{
		"unexpected EOF":    header.String(),
		"unexpected EOF ":   header.String() + record(2, 10, "{}half"),
		"too large":         header.String() + record(0, maxImage+1, ""),
		"unexpected end":    header.String() + record(0, 1, "x"),
		"codec":             record(2, 0, "{}"),
		"invalid character": header.String() + record(1, 0, "x"),
	} {
		var out bytes.Buffer
		var line wireResult
		if err := errors.Join(serve(context.Background(), strings.NewReader(in), &out, unlimited), json.Unmarshal(out.Bytes(), &line)); err != nil {
			t.Errorf("%q: %v", in, err)
		}
		if line.Kind != kindFailed || !strings.Contains(line.Reason, strings.TrimSpace(want)) {
			t.Errorf("%q: answer %+v, want %q", in, line, want)
		}
	}
}

// Any bytes give frames or an error, and never take more memory than the input and the limits of a record allow.
func FuzzReadFrame(f *testing.F) {
	var buf bytes.Buffer
	if err := errors.Join(writeFrame(&buf, drawnFrame), writeEnd(&buf)); err != nil {
		f.Fatal(err)
	}
	f.Add(buf.Bytes())
	f.Add([]byte(record(2, 3, "{}abc")))
	f.Add([]byte(record(1<<31, 1<<31, "")))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bufio.NewReader(bytes.NewReader(data))
		for {
			frame, err := readFrame(r)
			if err != nil {
				return
			}
			if len(frame.Image) > len(data) {
				t.Fatalf("an image of %d bytes from %d", len(frame.Image), len(data))
			}
			var again bytes.Buffer
			if err := writeFrame(&again, frame); err != nil {
				t.Fatalf("what was read cannot be written: %v", err)
			}
			if second, err := readFrame(&again); err != nil || !bytes.Equal(second.Image, frame.Image) || !second.At.Equal(frame.At) {
				t.Fatalf("written and read again: %v", err)
			}
		}
	})
}

func unlimited() error { return nil }
