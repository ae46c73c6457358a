package attack

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/selene-liveness/selene/deploy/tools/simulate"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/workertest"
)

var (
	dump  = flag.String("dump", "", "folder for the frames of one session of every victim and kind, as pictures")
	kinds = flag.String("kinds", "", "kinds to write, with commas between; all when empty")
	most  = flag.Int("victims", 12, "victims to write")
)

// play asks for every action in turn, and hands each picture and what it shows to see.
func play(t testing.TB, a *performer, see func(i int, wanted request, frame simulate.Picture)) {
	t.Helper()
	i := 0
	show := func(code int32, n int) {
		for range n {
			frame, err := a.Next(simulate.Reply{Errors: []int32{code}})
			if err != nil {
				t.Fatal(err)
			}
			see(i, requested(simulate.Reply{Errors: []int32{code}}), frame)
			i++
		}
	}
	for _, code := range []int32{
		schemas.CodeTurnLeft, schemas.CodeCloseEyes, schemas.CodeTurnUp, schemas.CodeTurnRight, schemas.CodeTurnDown,
	} {
		show(schemas.CodeYawStart, 3)
		for range 60 {
			show(code, 1)
			if a.sudden || a.now > a.ends {
				break
			}
		}
		show(code, 1)
		for range 60 {
			show(schemas.CodeYawStart, 1)
			if a.sudden || a.now > a.ends {
				break
			}
		}
	}
	show(schemas.CodeYawStart, 4)
}

// The pictures are for people, and for measures that need attacks to be tried on.
func TestDump(t *testing.T) {
	if *dump == "" {
		t.Skip("no folder: go test -run TestDump -dump DIR")
	}
	m := workertest.Models(t, "zoo")
	var names []string
	var photos []*Photo
	for _, name := range victims {
		if len(photos) == *most {
			break
		}
		if p := victim(t, m, name, 512); p != nil {
			base := filepath.Base(name)
			names, photos = append(names, strings.TrimSuffix(base, filepath.Ext(base))), append(photos, p)
		}
	}
	for i, p := range photos {
		for _, kind := range Kinds {
			if *kinds != "" && !strings.Contains(","+*kinds+",", ","+kind.Name+",") {
				continue
			}
			dir := filepath.Join(*dump, kind.Name, names[i])
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			a := kind.make([]*Photo{p, photos[(i+1)%len(photos)]}, uint64(i))
			play(t, a, func(n int, _ request, f simulate.Picture) {
				l := a.shown
				file := fmt.Sprintf("%03d_t%06d_yaw%+03.0f_pitch%+03.0f_blink%.2f.jpg", n, f.At.Milliseconds(), l.Yaw, l.Pitch, l.Blink)
				if err := os.WriteFile(filepath.Join(dir, file), f.Image, 0o644); err != nil {
					t.Fatal(err)
				}
			})
		}
	}
}
