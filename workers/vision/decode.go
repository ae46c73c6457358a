package vision

import (
	"fmt"
	"runtime"
	"sync"

	"github.com/asticode/go-astiav"
)

// Decoder turns JPEG and PNG bytes into pictures through FFmpeg. Its buffers are used again from call to call.
// It is for one goroutine at a time; keep one for each. Close frees what FFmpeg holds.
type Decoder struct {
	maxPixels int
	codecs    [2]*astiav.CodecContext // by format
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
	for i := range d.codecs {
		d.dropCodec(i)
	}
	if d.scaler != nil {
		d.scaler.Free()
		d.scaler = nil
	}
	if d.packet != nil {
		d.packet.Free()
		d.frame.Free()
		d.rgb.Free()
		d.packet, d.frame, d.rgb = nil, nil, nil
	}
}

func (d *Decoder) dropCodec(i int) {
	if d.codecs[i] != nil {
		d.codecs[i].Free()
		d.codecs[i] = nil
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
	if err := d.decodeFrame(info.format, data); err != nil {
		d.dropCodec(int(info.format))
		return fmt.Errorf("%w: %s: %w", ErrUndecodable, info.format, err)
	}
	defer d.frame.Unref()
	if d.frame.Width() != info.width || d.frame.Height() != info.height {
		return fmt.Errorf("%w: %s: the header says %d x %d, the picture has %d x %d", ErrUndecodable, info.format,
			info.width, info.height, d.frame.Width(), d.frame.Height())
	}
	return d.convert(img)
}

func (d *Decoder) decodeFrame(f format, data []byte) error {
	codec, err := d.codec(f)
	if err != nil {
		return err
	}
	// FFmpeg reads a little past the end and wants zeros there; the packet must be made with them, then shortened.
	d.padded = append(append(d.padded[:0], data...), make([]byte, padding)...)
	if err := d.packet.FromData(d.padded); err != nil {
		return err
	}
	defer d.packet.Unref()
	d.packet.SetSize(len(data))
	// Without the flag FFmpeg adds a PNG to the one before it, as if it were the next frame of a film.
	d.packet.SetFlags(astiav.NewPacketFlags(astiav.PacketFlagKey))
	if err := codec.SendPacket(d.packet); err != nil {
		return err
	}
	return codec.ReceiveFrame(d.frame)
}

func (d *Decoder) codec(f format) (*astiav.CodecContext, error) {
	if d.codecs[f] != nil {
		return d.codecs[f], nil
	}
	id := astiav.CodecIDMjpeg
	if f == formatPNG {
		id = astiav.CodecIDPng
	}
	codec := astiav.FindDecoder(id)
	if codec == nil {
		return nil, fmt.Errorf("this FFmpeg was built without the %s decoder", f)
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
	d.codecs[f] = ctx
	return ctx, nil
}

func (d *Decoder) convert(img *Image) error {
	want := scaling{d.frame.Width(), d.frame.Height(), d.frame.PixelFormat()}
	if d.scaler == nil || d.scales != want {
		if d.scaler != nil {
			d.scaler.Free()
			d.scaler = nil
		}
		s, err := astiav.CreateSoftwareScaleContext(want.w, want.h, want.format, want.w, want.h, astiav.PixelFormatRgb24,
			astiav.NewSoftwareScaleContextFlags(astiav.SoftwareScaleContextFlagBilinear))
		if err != nil {
			return fmt.Errorf("%w: pixel format %s: %w", ErrUndecodable, want.format, err)
		}
		d.scaler, d.scales = s, want
		d.rgb.Unref()
		d.rgb.SetWidth(want.w)
		d.rgb.SetHeight(want.h)
		d.rgb.SetPixelFormat(astiav.PixelFormatRgb24)
		if err := d.rgb.AllocBuffer(0); err != nil {
			return err
		}
	}
	if err := d.scaler.ScaleFrame(d.frame, d.rgb); err != nil {
		return err
	}
	n := want.w * want.h * 3
	if cap(img.Pix) < n {
		img.Pix = make([]byte, n)
	}
	img.Width, img.Height, img.Pix = want.w, want.h, img.Pix[:n]
	_, err := d.rgb.ImageCopyToBuffer(img.Pix, 1)
	return err
}
