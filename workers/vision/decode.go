package vision

import (
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/asticode/go-astiav"
)

// Decoder turns JPEG (through FFmpeg) and PNG bytes into pictures. Its buffers are used again from call to call.
// It is for one goroutine at a time; keep one for each. Close frees what FFmpeg holds.
type Decoder struct {
	maxPixels int
	packet    *astiav.Packet
	padded    []byte
	frame     *astiav.Frame
	rgb       *astiav.Frame
	scaler    *astiav.SoftwareScaleContext
	scales    scaling
}

// scaling is what a scaler was made for.
type scaling struct {
	w, h   int
	format astiav.PixelFormat
}

const padding = 64 // AV_INPUT_BUFFER_PADDING_SIZE

var quietFFmpeg sync.Once

// NewDecoder makes a decoder that refuses pictures of more than maxPixels pixels.
func NewDecoder(maxPixels int) *Decoder {
	// FFmpeg writes to stderr by itself; what a hostile client sends must not fill the log.
	quietFFmpeg.Do(func() { astiav.SetLogLevel(astiav.LogLevelQuiet) })
	d := &Decoder{maxPixels: maxPixels, packet: astiav.AllocPacket(), frame: astiav.AllocFrame(), rgb: astiav.AllocFrame()}
	runtime.SetFinalizer(d, (*Decoder).Close)
	return d
}

// Close frees the decoder. It may be called twice.
func (d *Decoder) Close() {
	d.dropScaler()
	if d.packet != nil {
		d.packet.Free()
		d.frame.Free()
		d.rgb.Free()
		d.packet, d.frame, d.rgb = nil, nil, nil
	}
}

func (d *Decoder) dropScaler() {
	if d.scaler != nil {
		d.scaler.Free()
		d.scaler = nil
	}
}

// Decode decodes data into img, whose Pix is used again when it is long enough. Turning by EXIF and colour profiles
// are ignored; transparency is dropped. Every fault of the data is an [ErrUndecodable].
func (d *Decoder) Decode(data []byte, img *Image) error {
	info, err := inspect(data)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUndecodable, err)
	}
	if info.width*info.height > d.maxPixels {
		return fmt.Errorf("%w: %d x %d pixels; at most %d pixels are taken", ErrUndecodable, info.width, info.height, d.maxPixels)
	}
	if info.format == formatPNG {
		err = decodePNG(data, img)
	} else {
		err = d.decodeJPEG(data, info, img)
	}
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrUndecodable, info.format, err)
	}
	return nil
}

func (d *Decoder) decodeJPEG(data []byte, info imageInfo, img *Image) error {
	if err := d.receive(data); err != nil {
		return err
	}
	defer d.frame.Unref()
	if d.frame.Width() != info.width || d.frame.Height() != info.height {
		return fmt.Errorf("the header says %d x %d, the picture has %d x %d", info.width, info.height, d.frame.Width(), d.frame.Height())
	}
	return d.convert(img)
}

// receive decodes one picture into d.frame. Each gets a codec of its own, which costs 0.04 ms: one that is used again
// keeps its buffers, and a picture with parts missing would show those of the one before.
func (d *Decoder) receive(data []byte) error {
	codec, err := openJPEG()
	if err != nil {
		return err
	}
	defer codec.Free()
	// FFmpeg reads a little past the end and wants zeros there; the packet must be made with them, then shortened.
	d.padded = append(append(d.padded[:0], data...), make([]byte, padding)...)
	if err := d.packet.FromData(d.padded); err != nil {
		return err
	}
	defer d.packet.Unref()
	d.packet.SetSize(len(data))
	if err := codec.SendPacket(d.packet); err != nil {
		return err
	}
	return codec.ReceiveFrame(d.frame)
}

func openJPEG() (*astiav.CodecContext, error) {
	codec := astiav.FindDecoder(astiav.CodecIDMjpeg)
	if codec == nil {
		return nil, errors.New("this FFmpeg was built without a JPEG decoder")
	}
	ctx := astiav.AllocCodecContext(codec)
	ctx.SetThreadCount(1)
	options := astiav.NewDictionary()
	defer options.Free()
	// By default FFmpeg paints over damage and says nothing.
	_ = options.Set("err_detect", "crccheck+bitstream+buffer+explode", 0)
	if err := ctx.Open(codec, options); err != nil {
		ctx.Free()
		return nil, err
	}
	return ctx, nil
}

// convert writes d.frame, which has the colours of its file, as RGB.
func (d *Decoder) convert(img *Image) error {
	want := scaling{d.frame.Width(), d.frame.Height(), d.frame.PixelFormat()}
	if d.scaler == nil || d.scales != want {
		if err := d.prepare(want); err != nil {
			d.dropScaler()
			return fmt.Errorf("pixel format %s: %w", want.format, err)
		}
	}
	if err := d.scaler.ScaleFrame(d.frame, d.rgb); err != nil {
		return err
	}
	img.resize(want.w, want.h)
	_, err := d.rgb.ImageCopyToBuffer(img.Pix, 1)
	return err
}

func (d *Decoder) prepare(want scaling) error {
	d.dropScaler()
	s, err := astiav.CreateSoftwareScaleContext(want.w, want.h, want.format, want.w, want.h, astiav.PixelFormatRgb24,
		astiav.NewSoftwareScaleContextFlags(astiav.SoftwareScaleContextFlagBilinear))
	if err != nil {
		return err
	}
	d.scaler, d.scales = s, want
	d.rgb.Unref()
	d.rgb.SetWidth(want.w)
	d.rgb.SetHeight(want.h)
	d.rgb.SetPixelFormat(astiav.PixelFormatRgb24)
	return d.rgb.AllocBuffer(0)
}
