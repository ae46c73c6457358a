package stitch

import (
	"fmt"
	"os"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/asticode/go-astiav"
	"golang.org/x/image/font/gofont/gomono"
)

// corners is the number of the last corner.
const corners = 4

// drawer paints drawings. A filter is used only from the first drawing on that needs it.
type drawer struct {
	width, height int
	// marks and texts record which kinds of drawing have occurred so far.
	marks bool
	texts [corners + 1]bool
	font  *os.File
}

// attach attaches the content of a drawing to a picture, where the filters find it.
func (d *drawer) attach(f *astiav.Frame, drawing Drawing, at placement) error {
	if marks := d.rectangles(drawing, at); len(marks) > 0 {
		d.marks = true
		if err := setBoxes(f, marks); err != nil {
			return fmt.Errorf("draw boxes: %w", err)
		}
	}
	var lines [corners + 1][]string
	for _, t := range drawing.Texts {
		if t.Corner < 0 || t.Corner > corners {
			return fmt.Errorf(
				"corner %d of a text is not known; use 0 or 1 (top left), 2 (top right), 3 (bottom left) or 4 (bottom right)",
				t.Corner,
			)
		}
		corner := max(t.Corner, 1)
		lines[corner] = append(lines[corner], t.Lines...)
	}
	for corner := range lines {
		lines[corner] = d.plain(lines[corner])
	}
	for _, left := range []int{1, 3} {
		if right := left + 1; longest(lines[left])+longest(lines[right]) >= d.columns() {
			// They do not fit side by side.
			lines[left], lines[right] = d.plain(append(lines[left], lines[right]...)), nil
		}
	}
	for corner, text := range lines {
		if len(text) == 0 {
			continue
		}
		d.texts[corner] = true
		if err := setText(f, textKey(corner), strings.Join(text, "\n")); err != nil {
			return fmt.Errorf("draw a text: %w", err)
		}
	}
	return nil
}

func longest(lines []string) int {
	n := 0
	for _, line := range lines {
		n = max(n, utf8.RuneCountInString(line))
	}
	return n
}

// rectangles returns the boxes, and the points as squares so small that their outline fills them.
func (d *drawer) rectangles(drawing Drawing, at placement) [][4]int32 {
	drawing = drawing.trimmed()
	var all [][4]int32
	for _, b := range drawing.Boxes {
		if r, ok := at.box(b); ok {
			all = append(all, r)
		}
	}
	side := int32(d.thickness() + 1)
	for _, p := range drawing.Points {
		x, y := at.point(p[0], p[1])
		if x >= 0 && y >= 0 && x < float64(d.width) && y < float64(d.height) {
			all = append(all, [4]int32{int32(x) - side/2, int32(y) - side/2, side, side})
		}
	}
	return all
}

func (d *drawer) thickness() int { return max(2, d.height/270) }

// fontSize returns a readable size in pixels: a 27th of the height, or less on a narrow picture so that 40 letters fit.
func (d *drawer) fontSize() int { return max(10, min(d.height/27, d.width/24)) }

func (d *drawer) margin() int { return d.fontSize() / 2 }

// columns returns the number of letters that fit a line, and rows the number of lines. The letters of the font are 0.6 of
// its size wide; a line takes at most 1.4 of it.
func (d *drawer) columns() int { return max(1, (d.width-2*d.margin())*10/(6*d.fontSize())) }

func (d *drawer) rows() int { return max(1, (d.height-2*d.margin())*10/(14*d.fontSize())) }

// plain converts lines to text that the filter draws unchanged, without control or direction characters, cut to the picture.
func (d *drawer) plain(lines []string) []string {
	var out []string
	for line := range strings.SplitSeq(strings.Join(lines, "\n"), "\n") {
		if len(out) == d.rows() {
			break
		}
		var kept []rune
		for _, r := range line {
			switch {
			case len(kept) > d.columns():
			case unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me):
			case !unicode.IsPrint(r):
				kept = append(kept, ' ')
			default:
				kept = append(kept, r)
			}
		}
		if len(kept) > d.columns() {
			kept = append(kept[:d.columns()-1], '…')
		}
		out = append(out, strings.TrimRightFunc(string(kept), unicode.IsSpace))
	}
	for len(out) > 0 && out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	return out
}

func textKey(corner int) string { return fmt.Sprintf("text%d", corner) }

// filters returns the descriptions of the filters that paint what attach attached.
func (d *drawer) filters() ([]string, error) {
	var filters []string
	if d.marks {
		filters = append(filters, fmt.Sprintf("drawbox=box_source=side_data_detection_bboxes:c=0x00e676:t=%d", d.thickness()))
	}
	for corner, used := range d.texts {
		if !used {
			continue
		}
		if err := d.openFont(); err != nil {
			return nil, err
		}
		x, y := fmt.Sprint(d.margin()), fmt.Sprint(d.margin())
		if corner == 2 || corner == 4 {
			x = "w-text_w-" + x
		}
		if corner > 2 {
			y = "h-text_h-" + y
		}
		filters = append(filters, fmt.Sprintf(
			`drawtext=text='%%{metadata\:%s}':fontfile=/proc/self/fd/%d:fontsize=%d:x=%s:y=%s:fontcolor=white:box=1:boxcolor=black@0.6:boxborderw=%d:text_shaping=0`,
			textKey(corner),
			d.font.Fd(),
			d.fontSize(),
			x,
			y,
			d.margin()/2,
		))
	}
	return filters, nil
}

// openFont writes the font to a file that FreeType can open. It has no name and disappears with this process.
func (d *drawer) openFont() error {
	if d.font != nil {
		return nil
	}
	f, err := os.CreateTemp("", ".stitch-font-*")
	if err != nil {
		return fmt.Errorf("write the font file: %w", err)
	}
	d.font = f
	if _, err := f.Write(gomono.TTF); err != nil {
		return fmt.Errorf("write the font file: %w", err)
	}
	return os.Remove(f.Name())
}

func (d *drawer) free() {
	if d.font != nil {
		_ = d.font.Close() // it was only read from
	}
}
