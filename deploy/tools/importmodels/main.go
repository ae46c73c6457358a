// Command importmodels creates the model pack `base` and places ONNX Runtime, from the npm packages of workers/vision. It is a
// step of the build (`make models`): the importer of TensorFlow.js networks is not part of the running program.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/selene-liveness/selene/workers/vision/modelstore"
	"github.com/selene-liveness/selene/workers/vision/tfjs"
)

func main() {
	from := flag.String("from", "workers/vision", "folder in which `npm ci` was run")
	models := flag.String("models", modelstore.Dir(), "models folder to fill (SELENE_MODELS)")
	flag.Parse()
	if err := modelstore.ImportBase(*from, *models, tfjs.Convert); err != nil {
		fmt.Fprintln(os.Stderr, "importmodels:", err)
		os.Exit(1)
	}
}
