package virtualcamera

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// remembered is the number of frames that the state keeps, which is more than a session has by default.
const remembered = 64

const memoryVersion = 1

// memory is the worker's part of the session state, about 2.5 KB when full.
type memory struct {
	head
	ring []sight // oldest first
}

// head has a fixed size in bytes.
type head struct {
	Version    uint8
	Permanent  uint16 // signals that stay raised, as bits of the table
	Repeats    uint8  // frames that reappeared after others
	Loops      uint8  // frames at which the recent motion repeated an earlier one
	Seen       uint8  // different pictures that an earlier session also showed
	Compared   uint8  // frames whose noise was compared with that of the previous frame, up to 255
	Frozen     float32
	HasPatches bool
	Patches    patches
	Count      uint8 // number of sights that follow
}

// parseMemory parses what encode returns. Empty bytes are the memory before a session's first frame.
func parseMemory(own []byte) (*memory, error) {
	m := &memory{head: head{Version: memoryVersion}}
	if len(own) == 0 {
		return m, nil
	}
	r := bytes.NewReader(own)
	if err := binary.Read(r, binary.LittleEndian, &m.head); err != nil {
		return nil, fmt.Errorf("state of %d bytes: %w", len(own), err)
	}
	m.ring = make([]sight, m.Count)
	if m.Version != memoryVersion || r.Len() != binary.Size(m.ring) || m.Count > remembered {
		return nil, fmt.Errorf(
			"state of %d bytes, version %d, with %d frames: it was not written by this worker",
			len(own),
			m.Version,
			m.Count,
		)
	}
	if err := binary.Read(r, binary.LittleEndian, m.ring); err != nil {
		return nil, fmt.Errorf("state of %d bytes: %w", len(own), err)
	}
	return m, nil
}

func (m *memory) encode() ([]byte, error) {
	m.Count = uint8(len(m.ring))
	out, err := binary.Append(nil, binary.LittleEndian, &m.head)
	if err == nil {
		out, err = binary.Append(out, binary.LittleEndian, m.ring)
	}
	if err != nil {
		return nil, fmt.Errorf("encode state: %w", err)
	}
	return out, nil
}

func (m *memory) raise(s signal) { m.Permanent |= 1 << s }

func count(n *uint8) { *n = min(*n, 254) + 1 }

// The limits of the signals from frames. README.md describes the data they were measured on.
const (
	minRepeats   = 2
	stillFrames  = 5    // identical frames in a row
	stillMS      = 3000 // over this time: a page sends the last picture again while the camera stalls
	loopRun      = 6    // frames of one motion
	loopLag      = 5    // minimum number of frames between a motion and its repetition
	loopMotion   = 12   // minimum number of bits that change during it
	minLoops     = 2
	minSeen      = 8
	noiseFrames  = 10
	noiseShare   = 0.8
	equalGaps    = 20
	fastestGapMS = 4
)

// add takes a frame into account.
func (m *memory) add(now sight, p patches) {
	m.compareNoise(now, p)
	m.ring = append(m.ring, now)
	if len(m.ring) > remembered {
		m.ring = m.ring[len(m.ring)-remembered:]
	}
	if m.returned() {
		count(&m.Repeats)
	}
	if m.looped() {
		count(&m.Loops)
	}
	if m.Repeats >= minRepeats {
		m.raise(repeatedFrames)
	}
	if m.Loops >= minLoops {
		m.raise(repeatedMotion)
	}
	if m.stoodStill() {
		m.raise(frozenPicture)
	}
}

// compareNoise updates the running mean of the frozen share. Identical images do not count: they have a signal of their own.
func (m *memory) compareNoise(now sight, p patches) {
	last := len(m.ring) - 1
	if m.HasPatches && last >= 0 && m.ring[last].Sum != now.Sum {
		if share, ok := frozenShare(&m.Patches, &p); ok {
			count(&m.Compared)
			m.Frozen += (float32(share) - m.Frozen) / float32(min(m.Compared, 2*noiseFrames))
		}
	}
	m.Patches, m.HasPatches = p, true
}

// returned reports whether the newest image is identical to an earlier one, with others in between.
func (m *memory) returned() bool {
	last := len(m.ring) - 1
	i := last
	for i >= 0 && m.ring[i].Sum == m.ring[last].Sum {
		i--
	}
	if i < last-1 {
		return false // counted when it first reappeared
	}
	for ; i >= 0; i-- {
		if m.ring[i].Sum == m.ring[last].Sum {
			return true
		}
	}
	return false
}

// stoodStill reports whether the image has not changed for longer than any camera needs to take the next one.
func (m *memory) stoodStill() bool {
	last := len(m.ring) - 1
	first := last
	for first > 0 && m.ring[first-1].Sum == m.ring[last].Sum {
		first--
	}
	return last-first+1 >= stillFrames && m.ring[last].AtMS-m.ring[first].AtMS >= stillMS
}

// looped reports whether the last frames resemble a run of earlier ones, one by one, much more closely than they resemble
// each other: a person does not repeat a motion that exactly.
func (m *memory) looped() bool {
	n := len(m.ring)
	motion := 0
	for i := n - 1; i > n-loopRun && i > 0; i-- {
		motion += distance(m.ring[i].Hash, m.ring[i-1].Hash)
	}
	if motion < loopMotion {
		return false
	}
	for lag := loopLag; n-loopRun-lag >= 0; lag++ {
		apart := 0
		for i := n - loopRun; i < n; i++ {
			apart += distance(m.ring[i].Hash, m.ring[i-lag].Hash)
		}
		if 2*motion >= 3*apart {
			return true
		}
	}
	return false
}

// isClockwork reports whether frames arrive at intervals equal to a millisecond, or faster than cameras take them.
func (m *memory) isClockwork() bool {
	if len(m.ring) <= equalGaps {
		return false
	}
	run := m.ring[len(m.ring)-1-equalGaps:]
	low, high := uint32(1<<31), uint32(0)
	for i := 1; i < len(run); i++ {
		gap := run[i].AtMS - run[i-1].AtMS
		low, high = min(low, gap), max(high, gap)
	}
	return high-low <= 1 || m.rate() > 1000/fastestGapMS
}

// rate returns the recent number of frames per second, 0 while there are too few to measure.
func (m *memory) rate() float64 {
	if len(m.ring) <= equalGaps {
		return 0
	}
	run := m.ring[len(m.ring)-1-equalGaps:]
	return equalGaps * 1000 / float64(max(run[equalGaps].AtMS-run[0].AtMS, 1))
}

func (m *memory) hasNoNoise() bool { return m.Compared >= noiseFrames && m.Frozen > noiseShare }
