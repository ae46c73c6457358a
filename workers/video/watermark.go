package video

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/workers/video/stitch"
)

// painter computes what is drawn into each frame of a session.
type painter struct {
	mark       schemas.Watermark
	zone       *time.Location
	session    string
	decisions  *lane[*schemas.Decision] // nil unless figures are ordered
	detections *lane[*schemas.Verdict]  // nil unless landmarks are
}

// painter returns nil when nothing is drawn.
func (w *Worker) painter(ctx context.Context, session string, mark schemas.Watermark) (*painter, error) {
	if mark == (schemas.Watermark{}) {
		return nil, nil // nothing to draw is not an error
	}
	p := &painter{mark: mark, session: session, zone: time.UTC}
	if mark.Time != nil {
		var err error
		if p.zone, err = time.LoadLocation(mark.Time.Zone); err != nil {
			return nil, streams.Blame(streams.Input, fmt.Errorf("time zone of the watermark: %w", err))
		}
	}
	if mark.Figures != nil {
		p.decisions = w.decisions(ctx, session)
		if mark.Figures.Landmarks {
			p.detections = w.detections(ctx, session)
		}
	}
	return p, nil
}

func (p *painter) close() {
	if p.decisions != nil {
		p.decisions.stop()
	}
	if p.detections != nil {
		p.detections.stop()
	}
}

const markTime = "2006-01-02 15:04:05.000 MST"

// paint returns the drawing for a frame, which the one with the sequence next follows.
func (p *painter) paint(f streams.Stored[*schemas.Frame], next uint64) (d stitch.Drawing, err error) {
	if t := p.mark.Time; t != nil {
		d.Texts = append(d.Texts, stitch.Text{Corner: t.Corner, Lines: []string{arrived(f.Message).In(p.zone).Format(markTime)}})
	}
	if s := p.mark.Session; s != nil {
		d.Texts = append(d.Texts, stitch.Text{Corner: s.Corner, Lines: []string{p.session}})
	}
	if p.decisions == nil {
		return d, nil
	}
	decision, err := p.decisions.between(f.Sequence, next)
	if err != nil {
		return d, err
	}
	figures := p.mark.Figures
	if box := decision.GetEstimations().GetFramePosition().GetFace(); figures.FaceBox && box != nil {
		d.Boxes = append(d.Boxes, stitch.Box{X: float32(box.X), Y: float32(box.Y), Width: float32(box.Width), Height: float32(box.Height)})
	}
	if p.detections != nil {
		seen, err := p.detections.between(f.Sequence, next)
		if err != nil {
			return d, err
		}
		marks := seen.GetDetection().GetLandmarks()
		for i := 0; i+1 < len(marks); i += 2 {
			d.Points = append(d.Points, [2]float32{marks[i], marks[i+1]})
		}
	}
	if lines := figureLines(figures, decision); len(lines) > 0 {
		d.Texts = append(d.Texts, stitch.Text{Corner: figures.Corner, Lines: lines})
	}
	return d, nil
}

// figureLines returns the codes and scores of a frame, none for a frame that was not decided.
func figureLines(f *schemas.Figures, d *schemas.Decision) (lines []string) {
	if d == nil {
		return nil
	}
	if f.Codes {
		lines = codeLines(d)
	}
	if f.Scores {
		lines = append(lines, scoreLines(d.GetEstimations())...)
	}
	return lines
}

func codeLines(d *schemas.Decision) (lines []string) {
	for _, code := range d.GetErrors() {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%d %s", code, schemas.CodeName(code))))
	}
	switch {
	case d.GetFailure() != nil:
		lines = append(lines, "not judged")
	case len(lines) == 0:
		lines = []string{"OK"}
	}
	return lines
}

func scoreLines(e *schemas.Estimations) (lines []string) {
	score := func(name string, v *float64) {
		if v != nil {
			lines = append(lines, fmt.Sprintf("%s %.3f", name, *v))
		}
	}
	if e == nil {
		return nil
	}
	score("liveness", e.Liveness)
	score("deepfake", e.Deepfake)
	score("modification", e.ImageModification)
	score("same person", e.PreviousFaceSimilarity)
	score("first face", e.FirstFaceSimilarity)
	if v := e.GetVerification(); v != nil {
		score("reference", &v.Similarity)
	}
	if v := e.GetVirtualCamera(); v != nil {
		score("camera", &v.Score)
	}
	score("quality", e.Ags)
	if q := e.GetImageQuality(); q != nil {
		lines = append(lines,
			fmt.Sprintf("blur %.2f light %.2f dark %.2f", q.Blur, q.Light, q.Darkness),
			fmt.Sprintf("illumination %.2f specularity %.2f", q.Illumination, q.Specularity))
	}
	if h := e.GetHeadPose(); h != nil {
		lines = append(lines, fmt.Sprintf("yaw %+.1f pitch %+.1f roll %+.1f", h.Yaw, h.Pitch, h.Roll))
	}
	if y := e.GetEyes(); y != nil {
		lines = append(lines, "eyes "+y.State)
	}
	if m := e.GetMouth(); m != nil {
		lines = append(lines, "mouth "+m.State)
	}
	return append(lines, pluginLines(e.GetPlugins())...)
}

// pluginLines returns the numbers, strings and booleans that plugins measured.
func pluginLines(plugins map[string][]byte) (lines []string) {
	for _, name := range slices.Sorted(maps.Keys(plugins)) {
		var measured map[string]any
		if json.Unmarshal(plugins[name], &measured) != nil {
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(measured)) {
			switch v := measured[key].(type) {
			case float64:
				lines = append(lines, fmt.Sprintf("%s %s %.3f", name, key, v))
			case string, bool:
				lines = append(lines, fmt.Sprintf("%s %s %v", name, key, v))
			}
		}
	}
	return lines
}
