package replay

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/selene-liveness/selene/deploy/tools/mediafile"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers"
	"github.com/selene-liveness/selene/workers/activeliveness"
	"github.com/selene-liveness/selene/workers/vision"
)

// seer measures as the detector does, and stores the other inputs of the workers for each picture.
type seer struct {
	models  *vision.Models
	decoder *vision.Decoder
	image   vision.Image
	found   []vision.Detection
	looks   []glimpse
}

type glimpse struct {
	x, y, width float64 // centre and width of the face's box
	descriptor  []float32
}

func (m *seer) Measure(image []byte) (Face, error) {
	m.looks = append(m.looks, glimpse{})
	if err := m.decoder.Decode(image, &m.image); err != nil {
		return Face{}, err
	}
	var err error
	if m.found, err = m.models.Detect(&m.image, m.found); err != nil || len(m.found) == 0 {
		return Face{}, err
	}
	var f vision.Measurement
	if err := m.models.Measure(&m.image, m.found[0], &f); err != nil {
		return Face{}, err
	}
	crop := vision.Cut(&m.image, m.found[0], m.models.DescriptorCrop(), nil)
	descriptor, err := m.models.Describe(crop, nil)
	if err != nil {
		return Face{}, err
	}
	box := m.found[0].Box
	m.looks[len(m.looks)-1] = glimpse{x: float64(box.X) + float64(box.Width)/2, y: float64(box.Y) + float64(box.Height)/2, width: float64(box.Width), descriptor: descriptor}
	return Face{
		Found: true, Count: len(m.found), Width: float64(box.Width), Height: float64(box.Height),
		HasPose: f.HasPose && !f.FarTurned, Yaw: float64(f.Yaw), Pitch: float64(f.Pitch), Roll: float64(f.Roll),
		HasEyes: f.HasEyes, RightEye: float64(f.RightEyeOpenness), LeftEye: float64(f.LeftEyeOpenness),
	}, nil
}

func openSeer(tb testing.TB, pack string) *seer {
	tb.Helper()
	packs := filepath.Join(root(tb), "workers", "vision", "packs")
	library := filepath.Join(packs, "lib", "libonnxruntime.so.1")
	for _, path := range []string{library, filepath.Join(packs, pack, "pack.json")} {
		if _, err := os.Stat(path); err != nil {
			tb.Skipf("the pack %s is not built: %v; run `make setup`", pack, err)
		}
	}
	models, err := vision.Open(vision.Config{Library: library, Pack: filepath.Join(packs, pack)}, vision.RoleDetector, vision.RoleMesh, vision.RoleIris, vision.RolePose, vision.RoleDescriptor)
	if err != nil {
		tb.Fatal(err)
	}
	m := &seer{models: models, decoder: vision.NewDecoder(1 << 26)}
	tb.Cleanup(func() { m.decoder.Close(); models.Close() })
	return m
}

func root(tb testing.TB) string {
	tb.Helper()
	dir, err := filepath.Abs(".")
	for ; err == nil && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	tb.Fatal("no go.mod above the working directory")
	return ""
}

func clip(tb testing.TB, name string) string {
	tb.Helper()
	path := filepath.Join(filepath.Dir(root(tb)), "shared", "faces", "video", name)
	if _, err := os.Stat(path); err != nil {
		tb.Skip("no test videos: ../shared/faces/video is not there")
	}
	return path
}

// duel plays one session against the active-liveness worker as the decider would steer it, without waiting.
type duel struct {
	settings *schemas.Settings
	cast     *cast
	next     func(Reply) int
	interval time.Duration
	reaction time.Duration

	frames int // sent
	again  int // that were sent before in the same session
}

// play reports whether all actions were done within the frames a session may have.
func (d *duel) play(tb testing.TB, seed byte) bool {
	tb.Helper()
	state := &schemas.SessionState{Seed: []byte{seed, 's', 'e', 'e', 'd'}}
	var own []byte
	now := time.Unix(1_800_000_000, 0)
	reply, before, after, shown := Reply{}, 0, 0, map[int]bool{}
	for d.frames = 1; d.frames <= d.settings.Session.MaxAttempts; d.frames++ {
		i := d.next(reply)
		if shown[i] {
			d.again++
		}
		shown[i] = true
		wait := d.interval
		if request := requested(reply); request != before {
			before = request
			if acts(request) {
				wait = max(wait, d.reaction)
			}
		}
		now = now.Add(wait)
		face := d.cast.stills[i].face
		if !face.Found || face.Count > 1 {
			state.FaceLost = uint64(d.frames)
			reply = Reply{Errors: []int{schemas.CodeNoFace, before}}
			continue
		}
		v, err := activeliveness.New().Judge(tb.Context(), &schemas.Face{
			Name: &schemas.FrameName{Sequence: uint64(d.frames)}, ReceivedUnixNanos: now.UnixNano(), State: state, Estimations: d.estimations(face),
		}, workers.State{Own: own, Settings: d.settings})
		if err != nil {
			tb.Fatal(err)
		}
		own, reply = v.GetState(), Reply{}
		for _, code := range v.GetErrors() {
			reply.Errors = append(reply.Errors, int(code))
		}
		if !v.GetPending() {
			if after++; after > d.settings.ActiveLiveness.CooldownFramesCount {
				return true
			}
			reply.Errors = []int{schemas.CodeActionPending}
		}
	}
	return false
}

func requested(r Reply) int {
	for _, code := range r.Errors {
		if code >= schemas.CodeOpenEyes && code <= schemas.CodeTurnDown {
			return code
		}
	}
	return 0
}

func (d *duel) estimations(f Face) *schemas.Estimations {
	e := &schemas.Estimations{}
	if f.HasPose {
		e.HeadPose = &schemas.HeadPose{Yaw: f.Yaw, Pitch: f.Pitch, Roll: f.Roll}
	}
	if f.HasEyes {
		state := func(ratio float64) string {
			if ratio < 0.45*d.cast.eyes {
				return schemas.EyeClosed
			}
			return schemas.EyeOpen
		}
		e.Eyes = &schemas.Eyes{Left: state(f.LeftEye), Right: state(f.RightEye)}
	}
	return e
}

// players lists the attackers, each with the function that chooses its next action.
func players(c *cast) map[string]func() func(Reply) int {
	fresh := func() *actor {
		a := &actor{cast: c, warn: func(string) {}, at: -1, step: 1, used: make([]int, len(c.stills)), missing: map[int]bool{}}
		for i := range c.stills {
			c.stills[i].penalty = 0
		}
		return a
	}
	return map[string]func() func(Reply) int{
		"picks single pictures": func() func(Reply) int { return fresh().pick },
		"cuts between clips":    func() func(Reply) int { return (&attacker{actor: fresh()}).pick },
		"jumps to the picture": func() func(Reply) int {
			a := fresh()
			return func(last Reply) int {
				a.listen(last)
				best, lowest := 0, math.Inf(1)
				for i := range c.stills {
					if cost := a.goal(i) + float64(a.used[i]); cost < lowest {
						best, lowest = i, cost
					}
				}
				a.sent++
				a.used[best] = a.sent
				return best
			}
		},
		"plays it as it is": func() func(Reply) int {
			i := -1
			return func(Reply) int {
				i = (i + 1) % len(c.stills)
				return i
			}
		},
	}
}

// exams lists the sets of actions that a library is tried with: all that the default settings ask for, and only those it can play.
var exams = []struct {
	library, file string
	can           []string
}{
	{"zub", "real_zub_webcam_turns.webm", []string{schemas.ActionYawLeft, schemas.ActionYawRight}},
	{"d3", "real_lp_d_d3.mp4", []string{schemas.ActionBlink}},
	{"d9", "real_lp_d_d9.mp4", []string{schemas.ActionBlink}},
}

const (
	duelFPS = 10
	seeds   = 30
)

// BenchmarkAttack prints how often recordings of a person get through active liveness, and how far frame-to-frame
// changes of real clips are from those of cuts. Run it with -benchtime 1x.
func BenchmarkAttack(b *testing.B) {
	b.Run("all actions", func(b *testing.B) {
		// A library that no clip we have comes up to: each action once, done as a person does it, at 30 pictures a second.
		c := &cast{interval: time.Second / duelFPS}
		for i, f := range person(0) {
			if i%(30/duelFPS) == 0 || f.RightEye < 0.1 {
				c.stills = append(c.stills, still{face: f, pts: time.Duration(len(c.stills)) * time.Second / duelFPS})
			}
		}
		c.learn()
		b.Log("as no clip we have" + table(b, c, schemas.DefaultSettings()))
	})
	for _, pack := range []string{"zoo", "base"} {
		for _, e := range exams {
			b.Run(pack+"/"+e.library, func(b *testing.B) {
				m := openSeer(b, pack)
				dir := b.TempDir()
				if err := os.Symlink(clip(b, e.file), filepath.Join(dir, e.file)); err != nil {
					b.Fatal(err)
				}
				l, err := mediafile.OpenLibrary(dir, duelFPS)
				if err != nil {
					b.Fatal(err)
				}
				c, err := measure(b.Context(), l, m, nil)
				if err = errors.Join(err, l.Close()); err != nil {
					b.Fatal(err)
				}
				s := schemas.DefaultSettings()
				out := motion(c, m.looks, duelFPS) + "; " + resemblance(c, m, duelFPS) + table(b, c, s)
				s.ActiveLiveness.InteractionList, s.ActiveLiveness.InteractionCount = e.can, len(e.can)
				b.Log(out + table(b, c, s))
			})
		}
	}
}

func table(b *testing.B, c *cast, s *schemas.Settings) (out string) {
	b.Helper()
	all := players(c)
	for _, who := range slices.Sorted(maps.Keys(all)) {
		won, frames, again := 0, 0, 0
		for seed := range seeds {
			d := &duel{settings: s, cast: c, next: all[who](), interval: time.Second / duelFPS, reaction: 300 * time.Millisecond}
			if d.play(b, byte(seed)) {
				won++
				frames += d.frames
				again += d.again
			}
		}
		out += fmt.Sprintf("\n%d of %d actions, %-22s %2d of %d, %.0f frames each, %.0f of them seen before", s.ActiveLiveness.InteractionCount, len(s.ActiveLiveness.InteractionList), who, won, seeds, float64(frames)/float64(max(won, 1)), float64(again)/float64(max(won, 1)))
	}
	return out
}

// resemblance reports how alike straight-looking faces of one clip are, from frame to frame and when cut at random moments
// more than a second apart: the lowest value, and the 5th percentile.
func resemblance(c *cast, m *seer, fps int) string {
	var near, far []float64
	straight := func(i int) bool {
		f := c.stills[i].face
		return f.HasPose && abs(f.Yaw) < 20 && abs(f.Pitch) < 20 && m.looks[i].descriptor != nil
	}
	for i := range c.stills {
		for j := i + 1; j < len(c.stills); j++ {
			if !straight(i) || !straight(j) {
				continue
			}
			alike := m.models.Similarity(m.looks[i].descriptor, m.looks[j].descriptor)
			switch {
			case j == i+1:
				near = append(near, alike)
			case j-i > fps:
				far = append(far, alike)
			}
		}
	}
	return fmt.Sprintf("similarity of neighbours: lowest %.3f, 5 %% below %.3f; of cuts: lowest %.3f, 5 %% below %.3f, half below %.3f",
		quantile(near, 0), quantile(near, 0.05), quantile(far, 0), quantile(far, 0.05), quantile(far, 0.5))
}

// motion reports the largest changes from frame to frame at several rates.
func motion(c *cast, looks []glimpse, fps int) string {
	out := fmt.Sprintf("%d pictures, eyes %.2f, pitch %.0f", len(c.stills), c.eyes, c.pitch)
	for _, every := range []int{1, 2, 3} {
		turn, shift, pairs, fast := 0.0, 0.0, 0, 0
		dt := float64(every) / float64(fps)
		for i := every; i < len(c.stills); i++ {
			a, b := c.stills[i-every].face, c.stills[i].face
			if !a.HasPose || !b.HasPose {
				continue
			}
			d := math.Hypot(a.Yaw-b.Yaw, a.Pitch-b.Pitch)
			pairs++
			if d > 300*dt {
				fast++
			}
			turn = max(turn, d/dt)
			p, q := looks[i-every], looks[i]
			shift = max(shift, math.Hypot(p.x-q.x, p.y-q.y)/p.width/dt)
		}
		out += fmt.Sprintf("; %.1f fps: most %.0f deg/s (%d of %d pairs over 300), %.1f faces/s", 1/dt, turn, fast, pairs, shift)
	}
	return out
}
