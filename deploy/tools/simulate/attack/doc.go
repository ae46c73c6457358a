// Package attack holds the attackers of the simulator: they have one photo of their victim, or a few, or a recording, and
// answer the requests of a session with pictures made of it. All of them are deterministic for a seed.
package attack
