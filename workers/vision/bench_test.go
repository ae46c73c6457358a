package vision

import (
	"bytes"
	"image/jpeg"
	"image/png"
	"path/filepath"
	"testing"
)

func BenchmarkDecode(b *testing.B) {
	photo := readFile(b, filepath.Join(faces(b), "conditions", "frontal_zub.jpg")) // 960 x 540
	img, err := jpeg.Decode(bytes.NewReader(photo))
	if err != nil {
		b.Fatal(err)
	}
	drawing := asPNG(b, img)
	for _, c := range []struct {
		name   string
		data   []byte
		decode func([]byte) error
	}{
		{"JPEG/image-jpeg", photo, func(d []byte) error { _, err := jpeg.Decode(bytes.NewReader(d)); return err }},
		{"PNG/image-png", drawing, func(d []byte) error { _, err := png.Decode(bytes.NewReader(d)); return err }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if err := c.decode(c.data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	for name, data := range map[string][]byte{"JPEG/ours": photo, "PNG/ours": drawing} {
		b.Run(name, func(b *testing.B) {
			d, out := newDecoder(b), Image{}
			for b.Loop() {
				if err := d.Decode(data, &out); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkFrame measures a whole frame, starting from its bytes, step by step.
func BenchmarkFrame(b *testing.B) {
	data := readFile(b, filepath.Join(faces(b), "conditions", "frontal_zub.jpg"))
	for _, name := range []string{"zoo", "base"} {
		m := pickPack(b, name)
		d := newDecoder(b)
		var img Image
		if err := d.Decode(data, &img); err != nil {
			b.Fatal(err)
		}
		found, err := m.Detect(&img, nil)
		if err != nil || len(found) == 0 {
			b.Fatal(found, err)
		}
		face := found[0]
		var measurement Measurement
		var crop []byte
		var vector []float32
		crops := make([][]byte, len(m.LivenessCrops()))
		steps := []struct {
			name string
			run  func() error
		}{
			{"decode", func() error { return d.Decode(data, &img) }},
			{"detect", func() (err error) { found, err = m.Detect(&img, found); return err }},
			{"measure", func() error { return m.Measure(&img, face, &measurement) }},
			{"quality", func() error { MeasureQuality(&img, face.Box); return nil }},
			{"descriptor crop", func() error { crop = Cut(&img, face, m.DescriptorCrop(), crop); return nil }},
			{"describe", func() (err error) { vector, err = m.Describe(crop, vector); return err }},
			{"liveness crops", func() error {
				for i, spec := range m.LivenessCrops() {
					crops[i] = Cut(&img, face, spec, crops[i])
				}
				return nil
			}},
			{"liveness", func() error {
				if m.Has(RoleAntispoof) {
					_, err := m.Liveness(crops)
					return err
				}
				return nil
			}},
		}
		for _, s := range steps {
			b.Run(name+"/"+s.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if err := s.run(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		b.Run(name+"/whole", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, s := range steps {
					if err := s.run(); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
