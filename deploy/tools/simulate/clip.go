package simulate

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"math"
	"slices"
	"sync"
	"time"

	"golang.org/x/image/draw"

	"github.com/selene-liveness/selene/deploy/tools/mediafile"
	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/workers/vision"
)

const (
	clipFPS    = 15 // of the frames that are kept, or the clip's own rate if that is lower
	longest    = 25 * time.Second
	wantedFace = 170  // pixels: narrower faces are enlarged, up to mostScale
	mostScale  = 2.5  //
	widest     = 1280 // pixels of the longer side
)

// clip is a recording with what was measured on each frame.
type clip struct {
	file, identity string
	fake           bool
	frames         []frame
	scale          float64 // by which pictures are enlarged

	mu       sync.Mutex
	enlarged map[int][]byte // by frame

	yaw, pitch, eyes float64 // usual, while looking straight
	sharp            float64 // the least that the settings accept
	home             []int   // rest frames that can be reached from each other, oldest first
	moves            [][]int // by frame: rest frames that look like its next ones
	segments         map[string][]segment
}

type frame struct {
	at   time.Duration
	file []byte // as it was recorded
	Measures
}

// Measures are what was measured on a frame.
type Measures struct {
	Found, Posed     bool
	X, Y, Width      float64 // of the face's middle and of its width, as shares of the picture's width
	Yaw, Pitch, Roll float64 // degrees
	Eyes             bool    // the next one was measured
	Ear              float64 // aspect ratio of the wider eye
	Bright           float64 // mean level of the picture
	Sharp            float64 // of the face, 0..1, as the check of blur measures it
}

// measurer measures frames, for one goroutine.
type measurer struct {
	models  *vision.Models
	decoder *vision.Decoder
	image   vision.Image
	found   []vision.Detection
}

func newMeasurer(m *vision.Models) *measurer {
	return &measurer{models: m, decoder: vision.NewDecoder(imagefile.MaxPixels)}
}

// load reads and measures a clip.
func (m *measurer) load(path string, c *clip) error {
	src, err := mediafile.Open(path, clipFPS, false)
	if err != nil {
		return err
	}
	defer src.Close()
	var last []byte
	for {
		t, err := src.Next()
		if errors.Is(err, io.EOF) || err == nil && t.PTS > longest {
			break
		}
		if err != nil {
			return err
		}
		data, _, err := src.Image()
		if err != nil {
			return err
		}
		if bytes.Equal(data, last) {
			continue // the clip has fewer frames
		}
		last = data
		c.frames = append(c.frames, frame{at: t.PTS, file: data})
	}
	cached := cacheOf(path, m.models)
	if c.restore(cached) {
		return nil
	}
	c.scale = 1
	var widths []float64
	for i := 0; i < len(c.frames); i += max(1, len(c.frames)/12) {
		f := c.frames[i]
		if err := m.measure(f.file, &f.Measures); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if f.Found {
			widths = append(widths, f.Width*float64(m.image.Width))
		}
	}
	if len(widths) == 0 {
		return nil
	}
	slices.Sort(widths)
	side := float64(max(m.image.Width, m.image.Height))
	c.scale = min(mostScale, max(1, wantedFace/widths[len(widths)/2]))
	if side*c.scale > widest {
		c.scale = min(c.scale, max(widest/side, min(1, wantedFace/widths[len(widths)/2])))
	}
	for i := range c.frames {
		data, err := scaled(c.frames[i].file, c.scale) // not kept: most are never played
		if err == nil {
			err = m.measure(data, &c.frames[i].Measures)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	c.keep(cached)
	return nil
}

// picture returns the file of a frame as it is played. It is safe for concurrent use.
func (c *clip) picture(i int) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if data := c.enlarged[i]; data != nil {
		return data, nil
	}
	data, err := scaled(c.frames[i].file, c.scale)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.file, err)
	}
	if c.enlarged == nil {
		c.enlarged = map[int][]byte{}
	}
	c.enlarged[i] = data
	return data, nil
}

// scaled returns a picture in another size.
func scaled(data []byte, by float64) ([]byte, error) {
	if by == 1 {
		return data, nil
	}
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	b := img.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, int(float64(b.Dx())*by)&^1, int(float64(b.Dy())*by)&^1))
	draw.BiLinear.Scale(out, out.Bounds(), img, b, draw.Src, nil)
	var file bytes.Buffer
	err = jpeg.Encode(&file, out, &jpeg.Options{Quality: 95})
	return file.Bytes(), err
}

func (m *measurer) measure(file []byte, f *Measures) error {
	_, err := m.see(file, f)
	return err
}

// see measures a picture. The image and the faces found stay in the measurer until the next call.
func (m *measurer) see(file []byte, f *Measures) (seen vision.Measurement, err error) {
	if err = m.decoder.Decode(file, &m.image); err != nil {
		return seen, err
	}
	if m.found, err = m.models.Detect(&m.image, m.found); err != nil || len(m.found) == 0 {
		return seen, err
	}
	if err = m.models.Measure(&m.image, m.found[0], &seen); err != nil {
		return seen, err
	}
	box, w := m.found[0].Box, float64(m.image.Width)
	f.Found, f.Posed = true, seen.HasPose && !seen.FarTurned
	f.X, f.Y = (float64(box.X)+float64(box.Width)/2)/w, (float64(box.Y)+float64(box.Height)/2)/w
	f.Width = float64(box.Width) / w
	f.Yaw, f.Pitch, f.Roll = float64(seen.Yaw), float64(seen.Pitch), float64(seen.Roll)
	f.Sharp = vision.MeasureQuality(&m.image, m.found[0].Box).Blur
	f.Eyes, f.Ear = seen.HasEyes, math.Max(float64(seen.RightEyeOpenness), float64(seen.LeftEyeOpenness))
	for i := 0; i < len(m.image.Pix); i += 997 {
		f.Bright += float64(m.image.Pix[i])
	}
	f.Bright /= float64(len(m.image.Pix)/997 + 1)
	return seen, nil
}
