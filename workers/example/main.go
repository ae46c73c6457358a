// Command example is a plugin: a worker that rejects people who wear a colourful hat.
package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/workers"
)

type hats struct{}

func (hats) Name() string { return "hats" }
func (hats) Crops() []schemas.CropSpec {
	return []schemas.CropSpec{{Name: "head", Kind: "eyes", Scale: 1.5, Width: 64, Height: 64, Color: "rgb"}}
}

func (w hats) Judge(_ context.Context, f *schemas.Face, _ workers.State) (*schemas.Verdict, error) {
	pixels, err := workers.CropOf(f, w.Name(), w.Crops()[0])
	if err != nil {
		return nil, err
	}
	colour := 0
	for p := range slices.Chunk(pixels[:12*64*3], 3) {
		colour += max(0, int(slices.Max(p))-2*int(slices.Min(p))-60)
	}
	measured := map[string][]byte{w.Name(): fmt.Appendf(nil, `{"colour":%d}`, colour)}
	var codes []int32
	if colour > 12*64*40 {
		codes = []int32{1100}
	}
	return &schemas.Verdict{Errors: codes, Estimations: &schemas.Estimations{Plugins: measured}}, nil
}

func main() { workers.Main(hats{}) }
