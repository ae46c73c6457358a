package virtualcamera

import (
	"reflect"
	"testing"
)

func FuzzParseMemory(f *testing.F) {
	m := &memory{head: head{Version: memoryVersion, Permanent: 3, Frozen: 0.5}}
	for i := range uint64(remembered + 3) {
		m.add(sight{Sum: i, Hash: [2]uint64{i, i}, AtMS: uint32(100 * i)}, patches{byte(i)})
	}
	full, err := m.encode()
	if err != nil {
		f.Fatal(err)
	}
	back, err := parseMemory(full)
	if err != nil || !reflect.DeepEqual(m, back) || len(back.ring) != remembered {
		f.Fatalf("a full memory reads back as %+v: %v", back, err)
	}
	f.Add(full)
	f.Add(full[:len(full)-1])
	f.Add([]byte{memoryVersion})
	f.Fuzz(func(t *testing.T, own []byte) {
		m, err := parseMemory(own)
		if err != nil {
			return
		}
		if len(m.ring) > remembered {
			t.Fatalf("%d frames", len(m.ring))
		}
		m.add(sight{}, patches{})
		m.weigh(nil, nil, 640, 480)
		if _, err := m.encode(); err != nil {
			t.Fatal(err)
		}
	})
}

func TestIsClockwork(t *testing.T) {
	for name, c := range map[string]struct {
		gap  func(i uint32) uint32
		want bool
	}{
		"a person's client": {func(i uint32) uint32 { return 60 + i%4 }, false},
		"a machine":         {func(i uint32) uint32 { return 66 + i%2 }, true},
		"too fast":          {func(i uint32) uint32 { return 1 + i%4 }, true},
	} {
		m := &memory{}
		at := uint32(0)
		for i := range uint32(equalGaps + 1) {
			if m.isClockwork() {
				t.Errorf("%s: raised after only %d frames", name, i)
			}
			at += c.gap(i)
			m.add(sight{Sum: uint64(i), AtMS: at}, patches{})
		}
		if got := m.isClockwork(); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
