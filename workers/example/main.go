// Command example is a worker of somebody else's: people in a colourful hat are asked to take it off.
package main

import (
	"context"
	"fmt"
	"os"
	"slices"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/workers"
)

var head = streams.Crop{Name: "head", Kind: "eyes", Scale: 1.5, Width: 64, Height: 64, Color: "rgb"}

type hats struct{}

func (hats) Name() string          { return "hats" }
func (hats) Crops() []streams.Crop { return []streams.Crop{head} }

// Judge counts colourful pixels in the top 12 rows, where hair is black, grey, brown or blond.
func (hats) Judge(_ context.Context, f *schemas.Face, _ workers.State) (*schemas.Verdict, error) {
	pixels, err := workers.CropOf(f, "hats", head)
	if err != nil {
		return nil, err
	}
	v, count := &schemas.Verdict{}, 0
	for p := range slices.Chunk(pixels[:12*64*3], 3) {
		if int(slices.Max(p)) > 2*int(slices.Min(p))+60 {
			count++
		}
	}
	if count > 12*64/2 {
		v.Errors = []int32{1100}
	}
	v.Estimations = &schemas.Estimations{Plugins: map[string][]byte{"hats": fmt.Appendf(nil, `{"colourful":%d}`, count)}}
	return v, nil
}

func main() { os.Exit(workers.Main(hats{})) }
