package simulate

import "errors"

// Kind is a sort of session: people, or attackers of one kind.
type Kind struct {
	Name   string
	About  string // what happens, in one sentence
	Attack bool   // no session of an attack may pass
	Lit    bool   // only with the light challenge
	// New returns the actor of one session, whose material and behaviour are drawn from the seed. The error wraps
	// ErrNoMaterial when the clips hold nothing that the kind needs.
	New func(m *Material, seed uint64) (*Cast, error)
}

// Cast is an actor and what is known of them.
type Cast struct {
	Actor   Actor
	Subject string   // the person or the victim
	Can     []string // the actions that the settings of the session may request; nil = those of the settings
}

// ErrNoMaterial marks a kind that the clips of this half have no material for.
var ErrNoMaterial = errors.New("simulate: no clip has what this kind needs")

// Kinds are the kinds of this package.
var Kinds = []Kind{
	{Name: "person", About: "a person does what the page asks, at their own speed", New: newPerson},
	{Name: "person-dark", Lit: true, About: "a person in a dark room, lit by the screen", New: newLit("dark")},
	{Name: "person-evening", Lit: true, About: "a person in the evening, lit by the screen", New: newLit("evening")},
	{Name: "person-office", Lit: true, About: "a person in an office, lit by the screen", New: newLit("office")},
	{Name: "cut-recording", Attack: true, About: "recordings of the victim that are cut to the prompts", New: newRecording},
	{Name: "presented", Attack: true, About: "a clip of a fake (deepfake, replay, swap, animation), cut to the prompts", New: newPresented},
	{Name: "foreign-turns", Attack: true, About: "a photo of the victim at rest, another person's clip for each action", New: newForeign},
	{Name: "swap-clips", Attack: true, About: "another person takes over in the middle of the session", New: newSwap},
}
