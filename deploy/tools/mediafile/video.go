package mediafile

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/asticode/go-astiav"

	"github.com/selene-liveness/selene/schemas/imagefile"
)

// video decodes the first video stream of a file. It decodes one picture ahead, to know until when the current one is shown.
type video struct {
	path    string
	format  *astiav.FormatContext // nil until it is open
	stream  *astiav.Stream
	decoder *astiav.CodecContext
	packet  *astiav.Packet

	now, ahead       *astiav.Frame
	nowPTS, aheadPTS time.Duration
	primed, more     bool          // a picture was decoded ahead; ahead has one
	first            int64         // PTS of the first picture, in the stream's time base
	step             time.Duration // how long a picture is shown when the file does not say

	encoder *jpegEncoder
	image   []byte // JPEG of now, nil until Image is called
}

func openVideo(path string) (*video, error) {
	v := &video{path: path}
	if err := v.open(); err != nil {
		v.Close()
		return nil, err
	}
	return v, nil
}

func (v *video) open() error {
	v.packet, v.now, v.ahead = astiav.AllocPacket(), astiav.AllocFrame(), astiav.AllocFrame()
	format := astiav.AllocFormatContext()
	options := astiav.NewDictionary()
	defer options.Free()
	// A '%' in the name of an image is not a numbering pattern.
	if err := options.Set("pattern_type", "none", 0); err != nil {
		return fmt.Errorf("open %s: %w", v.path, err)
	}
	// "file:" keeps a colon in the name from being read as a protocol.
	if err := format.OpenInput("file:"+v.path, nil, options); err != nil {
		format.Free()
		return fmt.Errorf("open %s: FFmpeg cannot read it: %w", v.path, err)
	}
	v.format = format
	if err := v.format.FindStreamInfo(nil); err != nil {
		return fmt.Errorf("open %s: FFmpeg cannot read it: %w", v.path, err)
	}
	var codec *astiav.Codec
	for _, s := range v.format.Streams() {
		if s.CodecParameters().MediaType() != astiav.MediaTypeVideo {
			continue
		}
		if codec = astiav.FindDecoder(s.CodecParameters().CodecID()); codec != nil {
			v.stream = s
			break
		}
	}
	if v.stream == nil {
		return fmt.Errorf("open %s: no video stream that this FFmpeg can decode", v.path)
	}
	v.decoder = astiav.AllocCodecContext(codec)
	if err := v.stream.CodecParameters().ToCodecContext(v.decoder); err != nil {
		return fmt.Errorf("open %s: %w", v.path, err)
	}
	if err := v.decoder.Open(codec, nil); err != nil {
		return fmt.Errorf("open %s: decoder %s: %w", v.path, codec.Name(), err)
	}
	v.step = time.Second / defaultFPS
	if rate := v.stream.AvgFrameRate(); rate.Num() > 0 && rate.Den() > 0 {
		v.step = max(time.Duration(float64(time.Second)/rate.Float64()), time.Millisecond)
	}
	v.encoder = &jpegEncoder{rotation: rotation(v.stream)}
	v.first = astiav.NoPtsValue
	return nil
}

func (v *video) Next() (Timing, error) {
	if !v.primed {
		v.primed = true
		if err := v.decodeAhead(); err != nil {
			return Timing{}, err
		}
	}
	if !v.more {
		return Timing{}, io.EOF
	}
	v.now.Unref()
	v.now.MoveRef(v.ahead)
	v.nowPTS, v.image = v.aheadPTS, nil
	if err := v.decodeAhead(); err != nil {
		return Timing{}, err
	}
	if v.more {
		return Timing{PTS: v.nowPTS, Until: v.aheadPTS}, nil
	}
	return Timing{PTS: v.nowPTS, Until: v.nowPTS + v.step}, nil
}

// decodeAhead decodes the next picture into ahead, and sets more if there was one.
func (v *video) decodeAhead() error {
	v.more = false
	for {
		err := v.decoder.ReceiveFrame(v.ahead)
		switch {
		case err == nil:
			v.more = true
			v.aheadPTS = v.pts()
			return nil
		case errors.Is(err, astiav.ErrEof):
			return nil
		case !errors.Is(err, astiav.ErrEagain):
			return fmt.Errorf("decode %s after %v: %w", v.path, v.nowPTS, err)
		}
		if err := v.feed(); err != nil {
			return err
		}
	}
}

// feed sends the next packet to the decoder, or the end of the stream.
func (v *video) feed() error {
	defer v.packet.Unref()
	for {
		v.packet.Unref()
		err := v.format.ReadFrame(v.packet)
		switch {
		case errors.Is(err, astiav.ErrEof):
			return v.decoder.SendPacket(nil)
		case err != nil:
			return fmt.Errorf("read %s after %v: %w", v.path, v.nowPTS, err)
		case v.packet.StreamIndex() != v.stream.Index():
			continue
		}
		err = v.decoder.SendPacket(v.packet)
		if err != nil && !errors.Is(err, astiav.ErrInvaliddata) { // a damaged packet loses only its picture
			return fmt.Errorf("decode %s after %v: %w", v.path, v.nowPTS, err)
		}
		return nil
	}
}

// pts returns the time of the picture in ahead: its own PTS, unless it has none or is not later than the picture before.
func (v *video) pts() time.Duration {
	raw := v.ahead.Pts()
	if raw == astiav.NoPtsValue {
		raw = v.ahead.PktDts()
	}
	if v.first == astiav.NoPtsValue {
		v.first = raw
		return 0
	}
	next := v.nowPTS + v.step
	if raw == astiav.NoPtsValue {
		return next
	}
	t := time.Duration(astiav.RescaleQ(raw-v.first, v.stream.TimeBase(), astiav.NewRational(1, int(time.Second))))
	if t <= v.nowPTS {
		return next
	}
	return t
}

func (v *video) Image() ([]byte, string, error) {
	if v.image == nil {
		var err error
		if v.image, err = v.encoder.encode(v.now, v.format.GuessSampleAspectRatio(v.stream, v.now)); err != nil {
			return nil, "", fmt.Errorf("%s at %v: %w", v.path, v.nowPTS, err)
		}
	}
	return v.image, imagefile.JPEG.MediaType(), nil
}

func (v *video) Duration() time.Duration {
	if d := v.format.Duration(); d > 0 {
		return time.Duration(d) * time.Second / time.Duration(astiav.TimeBase)
	}
	return 0
}

func (v *video) Rewind() error {
	v.Close()
	*v = video{path: v.path}
	return v.open()
}

func (v *video) Close() error {
	if v.encoder != nil {
		v.encoder.close()
	}
	if v.decoder != nil {
		v.decoder.Free()
	}
	if v.format != nil {
		v.format.CloseInput()
	}
	if v.packet != nil {
		v.packet.Free()
		v.now.Free()
		v.ahead.Free()
	}
	*v = video{path: v.path}
	return nil
}
