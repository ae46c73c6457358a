package mediafile

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/asticode/go-astiav"
)

// jpegEncoder turns decoded frames into JPEG as a viewer would see them: square
// pixels, upright, full range BT.601 as JFIF has it, 4:2:0, quantiser 2 (about quality 95).
// Its graph and codec are created for the first frame, and again when the format of the frames changes.
type jpegEncoder struct {
	rotation int // degrees clockwise: 0, 90, 180, 270

	shape     frameShape
	graph     *astiav.FilterGraph
	in, out   *astiav.FilterContext
	codec     *astiav.CodecContext
	converted *astiav.Frame
	packet    *astiav.Packet
	n         int64
}

type frameShape struct {
	width, height int
	format        astiav.PixelFormat
	aspect        astiav.Rational
}

// rotation returns by how many degrees a player turns the stream clockwise.
func rotation(s *astiav.Stream) int {
	matrix, err := astiav.NewDisplayMatrixFromBytes(s.SideData(astiav.PacketSideDataTypeDisplaymatrix))
	if err != nil {
		return 0
	}
	angle := matrix.Rotation()
	if math.IsNaN(angle) {
		return 0
	}
	return ((int(math.Round(angle/90))*90)%360 + 360) % 360
}

func (e *jpegEncoder) encode(f *astiav.Frame, aspect astiav.Rational) ([]byte, error) {
	shape := frameShape{f.Width(), f.Height(), f.PixelFormat(), aspect}
	if e.graph == nil || shape != e.shape {
		e.close()
		if err := e.open(shape); err != nil {
			e.close()
			return nil, fmt.Errorf("prepare JPEG encoding of %d x %d %s: %w", shape.width, shape.height, shape.format, err)
		}
	}
	if err := e.in.BuffersrcAddFrame(f, astiav.NewBuffersrcFlags(astiav.BuffersrcFlagKeepRef)); err != nil {
		return nil, fmt.Errorf("convert picture: %w", err)
	}
	defer e.converted.Unref()
	if err := e.out.BuffersinkGetFrame(e.converted, astiav.NewBuffersinkFlags()); err != nil {
		return nil, fmt.Errorf("convert picture: %w", err)
	}
	if e.codec == nil {
		if err := e.openCodec(); err != nil {
			return nil, fmt.Errorf("open JPEG encoder: %w", err)
		}
	}
	e.n++
	e.converted.SetPts(e.n)
	e.converted.SetPictureType(astiav.PictureTypeNone)
	if err := e.codec.SendFrame(e.converted); err != nil {
		return nil, fmt.Errorf("encode JPEG: %w", err)
	}
	defer e.packet.Unref()
	if err := e.codec.ReceivePacket(e.packet); err != nil {
		return nil, fmt.Errorf("encode JPEG: %w", err)
	}
	return bytes.Clone(e.packet.Data()), nil
}

func (e *jpegEncoder) open(s frameShape) (err error) {
	e.shape = s
	e.converted, e.packet = astiav.AllocFrame(), astiav.AllocPacket()
	e.graph = astiav.AllocFilterGraph()
	e.in, err = e.graph.NewFilterContext(astiav.FindFilterByName("buffer"), "in", astiav.FilterArgs{
		"video_size": strconv.Itoa(s.width) + "x" + strconv.Itoa(s.height),
		"pix_fmt":    strconv.Itoa(int(s.format)),
		"time_base":  "1/1000",
	})
	if err != nil {
		return err
	}
	if e.out, err = e.graph.NewFilterContext(astiav.FindFilterByName("buffersink"), "out", nil); err != nil {
		return err
	}
	outputs, inputs := astiav.AllocFilterInOut(), astiav.AllocFilterInOut()
	defer outputs.Free()
	defer inputs.Free()
	outputs.SetName("in")
	outputs.SetFilterContext(e.in)
	outputs.SetPadIdx(0)
	inputs.SetName("out")
	inputs.SetFilterContext(e.out)
	inputs.SetPadIdx(0)
	if err := e.graph.Parse(filters(s, e.rotation), inputs, outputs); err != nil {
		return err
	}
	return e.graph.Configure()
}

// filters returns the filters that turn a decoded frame into what JFIF expects.
func filters(s frameShape, rotation int) string {
	width := s.width
	if s.aspect.Num() > 0 && s.aspect.Den() > 0 {
		width = max(1, int(math.Round(float64(s.width)*s.aspect.Float64())))
	}
	chain := []string{
		fmt.Sprintf("scale=%d:%d:flags=bicubic+accurate_rnd:out_range=full:out_color_matrix=bt601", width, s.height),
		"setsar=1",
		"format=yuv420p",
	}
	switch rotation {
	case 90:
		chain = append(chain, "transpose=clock")
	case 180:
		chain = append(chain, "hflip", "vflip")
	case 270:
		chain = append(chain, "transpose=cclock")
	}
	return strings.Join(chain, ",")
}

func (e *jpegEncoder) openCodec() error {
	codec := astiav.FindEncoderByName("mjpeg")
	if codec == nil {
		return fmt.Errorf("this FFmpeg has no mjpeg encoder")
	}
	e.codec = astiav.AllocCodecContext(codec)
	e.codec.SetWidth(e.converted.Width())
	e.codec.SetHeight(e.converted.Height())
	e.codec.SetPixelFormat(e.converted.PixelFormat())
	e.codec.SetTimeBase(astiav.NewRational(1, 1000))
	options := astiav.NewDictionary()
	defer options.Free()
	// Full range as an option of yuv420p: swscale calls the yuvj formats deprecated.
	for _, o := range [][2]string{{"qmin", "2"}, {"qmax", "2"}, {"color_range", "pc"}, {"huffman", "default"}, {"flags", "+bitexact"}} {
		if err := options.Set(o[0], o[1], 0); err != nil {
			return err
		}
	}
	return e.codec.Open(codec, options)
}

func (e *jpegEncoder) close() {
	if e.codec != nil {
		e.codec.Free()
	}
	for _, c := range []*astiav.FilterContext{e.in, e.out} {
		if c != nil {
			c.Free()
		}
	}
	if e.graph != nil {
		e.graph.Free()
		e.converted.Free()
		e.packet.Free()
	}
	*e = jpegEncoder{rotation: e.rotation}
}
