// Package decode turns the bytes of JPEG and PNG files into pixels. It is the only place that does, so that every worker
// agrees whether some bytes are a picture and how large it is.
package decode

import (
	"bytes"
	"errors"
	"fmt"
	"image/jpeg"
	"runtime"
	"sync"

	"github.com/asticode/go-astiav"

	"github.com/selene-liveness/selene/schemas/imagefile"
)

// Decoder decodes files into FFmpeg frames. Its buffers are reused from call to call, but no pixel is: each JPEG gets a
// separate codec. It is for one goroutine at a time. Close frees what FFmpeg holds.
type Decoder struct {
	maxPixels int
	packet    *astiav.Packet
	stripped  []byte
}

// padding is AV_INPUT_BUFFER_PADDING_SIZE: libavcodec reads that far beyond the end of a packet, and requires zeros there.
const padding = 64

// SilenceFFmpeg keeps FFmpeg from writing to stderr, where a hostile client could fill the log; errors are returned
// anyway. The first call counts: a process has one log level, which may be set to another afterwards.
var SilenceFFmpeg = sync.OnceFunc(func() { astiav.SetLogLevel(astiav.LogLevelQuiet) })

// errSize marks a picture that has another size than its header.
var errSize = errors.New("the sizes of the header and of the picture differ")

// New returns a decoder that refuses pictures of more than maxPixels pixels. It calls SilenceFFmpeg.
func New(maxPixels int) *Decoder {
	SilenceFFmpeg()
	returnMemory()
	d := &Decoder{maxPixels: maxPixels, packet: astiav.AllocPacket()}
	runtime.SetFinalizer(d, (*Decoder).Close)
	return d
}

// Close frees the decoder. It may be called twice.
func (d *Decoder) Close() {
	if d.packet != nil {
		d.packet.Free()
		d.packet = nil
	}
}

// Decode is DecodeStored for the picture as viewers show it: turned as its EXIF orientation says. A turned picture is RGB of 8
// bits.
func (d *Decoder) Decode(data []byte, dst *astiav.Frame) error {
	info, err := d.decode(data, dst)
	if err == nil && info.Orientation != imagefile.Upright {
		if err = turn(dst, info.Orientation); err != nil {
			dst.Unref()
			err = fmt.Errorf("turn %s: %w", info.Format, err)
		}
	}
	return err
}

// DecodeStored decodes a file into dst, which must be empty: a JPEG in the colours of the file, mostly full-range 4:2:0, one in
// CMYK or a PNG in RGB of 8 bits, on white where it is transparent. An EXIF orientation and colour profiles are ignored: the
// pixels are decoded from the file as imagefile.AppendStripped leaves it. What imagefile.Inspect accepts takes up to about a
// second of one core, or two for a PNG of 10 MiB. There is no deadline: package pictures has one.
//
// Damage that a viewer would paper over is an error too: evidence of which some pixels are made up is worse than none.
// After an error dst is empty.
func (d *Decoder) DecodeStored(data []byte, dst *astiav.Frame) error {
	_, err := d.decode(data, dst)
	return err
}

func (d *Decoder) decode(data []byte, dst *astiav.Frame) (imagefile.Info, error) {
	info, err := imagefile.Inspect(data, d.maxPixels)
	if err != nil {
		return info, err
	}
	d.stripped = imagefile.AppendStripped(d.stripped[:0], data)
	defer d.shrink()
	if info.Format == imagefile.PNG {
		err = decodePNG(d.stripped, dst)
	} else {
		if info.Unended {
			// FFmpeg makes up what is missing of the last block.
			if _, err := jpeg.Decode(bytes.NewReader(d.stripped)); err != nil {
				return info, fmt.Errorf("decode a JPEG without an end: %w", err)
			}
		}
		err = d.decodeJPEG(d.stripped, dst)
		if err == nil && info.Components == 4 {
			err = printToRGB(dst)
		}
	}
	if err == nil && (dst.Width() != info.Width || dst.Height() != info.Height) {
		err = fmt.Errorf("%w: %d x %d and %d x %d", errSize, info.Width, info.Height, dst.Width(), dst.Height())
	}
	if err != nil {
		dst.Unref()
		return info, fmt.Errorf("decode %s: %w", info.Format, err)
	}
	return info, nil
}

// kept is the size in bytes of the files for which the buffer is kept.
const kept = 1 << 20

func (d *Decoder) shrink() {
	if cap(d.stripped) > kept {
		d.stripped = nil
	}
}

// decodeJPEG opens a codec for each picture, which costs 0.04 ms: one that is used again keeps its buffers, and a
// picture with parts missing would show those of the one before.
func (d *Decoder) decodeJPEG(data []byte, dst *astiav.Frame) error {
	codec, err := openJPEG()
	if err != nil {
		return err
	}
	defer codec.Free()
	// The packet must be made with the padding, then shortened.
	d.stripped = append(data, make([]byte, padding)...)
	if err := d.packet.FromData(d.stripped); err != nil {
		return err
	}
	defer d.packet.Unref()
	d.packet.SetSize(len(data))
	if err := codec.SendPacket(d.packet); err != nil {
		return err
	}
	return codec.ReceiveFrame(dst)
}

func openJPEG() (*astiav.CodecContext, error) {
	codec := astiav.FindDecoder(astiav.CodecIDMjpeg)
	if codec == nil {
		return nil, errors.New("this FFmpeg has no JPEG decoder; install the full libavcodec")
	}
	ctx := astiav.AllocCodecContext(codec)
	// More threads would hold frames back, and one picture gains nothing from them.
	ctx.SetThreadCount(1)
	options := astiav.NewDictionary()
	defer options.Free()
	// By default FFmpeg conceals damage without an error.
	err := options.Set("err_detect", "crccheck+bitstream+buffer+explode", 0)
	if err == nil {
		err = ctx.Open(codec, options)
	}
	if err != nil {
		ctx.Free()
		return nil, fmt.Errorf("open the JPEG decoder: %w", err)
	}
	return ctx, nil
}
