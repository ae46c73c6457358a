package attack

import (
	"io"
	"math/rand/v2"
	"time"

	"github.com/selene-liveness/selene/deploy/tools/simulate"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers/vision"
)

// painter paints a look on dst, all of it.
type painter interface {
	paint(l Look, dst *vision.Image)
}

// performer answers the requests of a session with a painter's pictures.
type performer struct {
	painter painter
	camera  *camera
	random  *rand.Rand
	sway    sway
	sudden  bool                                   // answers with the next picture instead of a movement
	acts    func(action string, r *rand.Rand) Look // what is shown for an action

	step        time.Duration // between two pictures
	now         time.Duration
	last        request
	from, to    Look
	begin, ends time.Duration // of the movement
	shown       Look          // of the last picture
	img         vision.Image
}

// giveUp is the time after which an attacker gives up.
const giveUp = 3 * time.Minute

func newPerformer(p painter, size int, r *rand.Rand) *performer {
	rest := Look{Scale: 1}
	return &performer{
		painter: p, random: r, camera: newCamera(r), acts: act, img: blank(size, size), from: rest, to: rest, shown: rest,
		step: time.Duration(80+r.IntN(120)) * time.Millisecond,
	}
}

// Next films the look of the moment.
func (p *performer) Next(last simulate.Reply) (simulate.Picture, error) {
	if p.now > giveUp {
		return simulate.Picture{}, io.EOF
	}
	p.now += p.step + time.Duration(p.random.IntN(30)-15)*time.Millisecond
	p.aim(requested(last))
	p.shown = p.to
	if !p.sudden && p.ends > p.begin {
		p.shown = between(p.from, p.to, float64(p.now-p.begin)/float64(p.ends-p.begin))
	}
	p.shown = p.sway.add(p.shown, p.now)
	p.painter.paint(p.shown, &p.img)
	file, err := p.camera.film(&p.img)
	return simulate.Picture{Image: file, At: p.now}, err
}

// aim starts the movement that a new request wants.
func (p *performer) aim(wanted request) {
	if wanted == p.last {
		return
	}
	p.last = wanted
	p.from, p.to = p.at(p.now), Look{Scale: 1}
	if wanted != "" {
		p.to = p.acts(string(wanted), p.random)
	}
	reaction := time.Duration(250+p.random.IntN(500)) * time.Millisecond
	takes := time.Duration(600+p.random.IntN(900)) * time.Millisecond
	if p.from.Blink > 0 || p.to.Blink > 0 {
		takes = time.Duration(400+p.random.IntN(300)) * time.Millisecond
	}
	p.begin, p.ends = p.now+reaction, p.now+reaction+takes
}

// at is the look without sway.
func (p *performer) at(now time.Duration) Look {
	if p.sudden || p.ends <= p.begin {
		return p.to
	}
	return between(p.from, p.to, float64(now-p.begin)/float64(p.ends-p.begin))
}

// request is the action wanted, "" for rest.
type request string

var requests = map[int32]request{
	schemas.CodeCloseEyes: schemas.ActionBlink,
	schemas.CodeTurnRight: schemas.ActionYawRight, schemas.CodeTurnLeft: schemas.ActionYawLeft,
	schemas.CodeTurnUp: schemas.ActionPitchUp, schemas.CodeTurnDown: schemas.ActionPitchDown,
}

func requested(last simulate.Reply) request {
	for _, code := range last.Errors {
		if r, ok := requests[code]; ok {
			return r
		}
	}
	return ""
}

// act chooses how far an action goes: far enough for networks that take a picture with the chin up for less than it shows.
func act(action string, r *rand.Rand) Look {
	l := Look{Scale: 1}
	yaw, up, down := 39+6*r.Float64(), 43+5*r.Float64(), 36+6*r.Float64()
	switch action {
	case schemas.ActionBlink:
		l.Blink = 1
	case schemas.ActionYawLeft:
		l.Yaw = yaw
	case schemas.ActionYawRight:
		l.Yaw = -yaw
	case schemas.ActionPitchUp:
		l.Pitch = up
	case schemas.ActionPitchDown:
		l.Pitch = -down
	}
	return l
}
