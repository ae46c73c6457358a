package pictures

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/selene-liveness/selene/workers/internal/child"
	"github.com/selene-liveness/selene/workers/vision"
)

// serveLimits: the most costly picture of those that imagefile.Inspect accepts takes 300 MiB. The parent watches the time more closely.
var serveLimits = child.Limits{Memory: 1 << 30, CPU: 3 * time.Second}

// sharedFile is the file descriptor by which a process gets the shared memory.
const sharedFile = 3

// Serve is the main function of a decoder process. Until the end of in it reads what Processes write, decodes with d, and answers on
// out. It limits the memory and the processor time of this process.
func Serve(d Decoder, in io.Reader, out io.Writer) error {
	memory, err := mapShared(os.NewFile(sharedFile, "shared memory"))
	if err != nil {
		return fmt.Errorf("%w; workers run this program, it is not for use by hand", err)
	}
	extend, err := serveLimits.Apply()
	if err != nil {
		return err
	}
	s := &server{decoder: d, memory: memory}
	if _, err := out.Write(message{kind: ready}.encode()); err != nil {
		return err
	}
	for {
		var b [messageBytes]byte
		if _, err := io.ReadFull(in, b[:]); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := extend(); err != nil {
			return err
		}
		if _, err := out.Write(s.answer(decodeMessage(&b)).encode()); err != nil {
			return err
		}
	}
}

type server struct {
	decoder Decoder
	memory  shared
}

func (s *server) answer(m message) message {
	file := s.memory.file()[:m.bytes]
	a := message{kind: decoded}
	var err error
	if m.kind == askLuma {
		var luma []byte
		if luma, err = s.decoder.Luma(context.Background(), file); err == nil {
			a.bytes = uint32(copy(s.memory.pixels(), luma))
		}
	} else {
		// The pixels are written where the parent reads them.
		img := vision.Image{Pix: s.memory.pixels()[:0]}
		if err = s.decoder.Decode(context.Background(), file, &img); err == nil {
			a.width, a.height, a.bytes = uint32(img.Width), uint32(img.Height), uint32(len(img.Pix))
		}
	}
	if err != nil {
		return message{kind: refused, bytes: uint32(copy(s.memory.pixels()[:maxReason], err.Error()))}
	}
	return a
}

// maxReason is the length in bytes of the longest reason.
const maxReason = 1 << 10
