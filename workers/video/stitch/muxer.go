package stitch

import (
	"fmt"

	"github.com/asticode/go-astiav"
)

// muxer writes one video stream to a file.
type muxer struct {
	format *astiav.FormatContext
	file   *astiav.IOContext
	stream *astiav.Stream
}

func newMuxer(o Options, path string, codec *astiav.CodecContext) (_ *muxer, err error) {
	p, m := profiles[o.Codec], &muxer{}
	defer func() {
		if err != nil {
			m.free()
		}
	}()
	// The name must be a URL with a protocol: otherwise a path with a colon would be taken for one.
	url := "file:" + path
	if m.format, err = astiav.AllocOutputFormatContext(nil, p.format, url); err != nil {
		return nil, fmt.Errorf("create the %s muxer: %w", p.format, err)
	}
	m.stream = m.format.NewStream(nil)
	if m.stream == nil {
		return nil, fmt.Errorf("create the %s muxer: out of memory", p.format)
	}
	if err := m.stream.CodecParameters().FromCodecContext(codec); err != nil {
		return nil, fmt.Errorf("create the %s muxer: %w", p.format, err)
	}
	m.stream.CodecParameters().SetCodecTag(codecTag(p.tag))
	m.stream.SetTimeBase(codec.TimeBase())
	m.stream.SetSampleAspectRatio(codec.SampleAspectRatio())
	if m.file, err = astiav.OpenIOContext(url, astiav.NewIOContextFlags(astiav.IOContextFlagWrite)); err != nil {
		return nil, fmt.Errorf("open the output: %w", err)
	}
	m.format.SetPb(m.file)
	if err := withOptions(o.muxerOptions(), m.format.WriteHeader); err != nil {
		return nil, fmt.Errorf("write the %s header: %w", p.format, err)
	}
	return m, nil
}

// codecTag packs a four-letter code as libavformat does. It returns 0, no tag, for the empty name.
func codecTag(name string) astiav.CodecTag {
	var tag astiav.CodecTag
	for i := range len(name) {
		tag |= astiav.CodecTag(name[i]) << (8 * i)
	}
	return tag
}

// write writes a packet whose times are in the given unit. The caller keeps the packet's content.
func (m *muxer) write(p *astiav.Packet, tick astiav.Rational) error {
	p.SetStreamIndex(m.stream.Index())
	p.RescaleTs(tick, m.stream.TimeBase())
	if err := m.format.WriteFrame(p); err != nil {
		return fmt.Errorf("write the output: %w", err)
	}
	return nil
}

// finish writes the index and closes the file.
func (m *muxer) finish() error {
	if err := m.format.WriteTrailer(); err != nil {
		return fmt.Errorf("write the output's index: %w", err)
	}
	file := m.file
	m.file = nil
	if err := file.Close(); err != nil {
		return fmt.Errorf("close the output: %w", err)
	}
	return nil
}

func (m *muxer) free() {
	if m.file != nil {
		// Only after an error, when the file is discarded: a second error would add nothing.
		_ = m.file.Close()
	}
	if m.format != nil {
		m.format.Free()
	}
}
