package schemas

import (
	"strconv"
	"strings"
)

// BitrateLadder lists the bit rates of videos in kbit/s. Other rates are rounded down to one of them.
var BitrateLadder = []int{
	200, 300, 400, 500, 600, 800, 1000, 1200, 1500, 2000, 2500, 3000, 4000, 5000, 6000, 8000, 10_000, 12_000, 16_000,
}

// Resolutions lists the sizes of exports, width and height in pixels. Pictures of another shape are fitted into the size and
// surrounded with black.
var Resolutions = []string{
	ResolutionOriginal,
	"176x144", "320x240", "352x288", "640x360", "640x480", "704x576", "720x480", "720x576", "800x600", "960x540", "1024x768",
	"1280x720", "1280x960", "1280x1024", "1600x1200", "1920x1080", "2048x1536", "2560x1440", "2560x1920",
}

// ResolutionOriginal is the size of the first frame.
const ResolutionOriginal = "original"

// The ways in which an export can be flipped.
const (
	FlipHorizontal = "horizontal"
	FlipVertical   = "vertical"
)

// onLadder rounds a bit rate down to one of BitrateLadder; a lower one becomes the lowest. 0 stays 0.
func onLadder(bitrate int) int {
	if bitrate == 0 {
		return 0
	}
	rounded := BitrateLadder[0]
	for _, rung := range BitrateLadder {
		if rung <= bitrate {
			rounded = rung
		}
	}
	return rounded
}

func join(numbers []int) string {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, ", ")
}
