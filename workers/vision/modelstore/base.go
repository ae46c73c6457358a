package modelstore

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/selene-liveness/selene/workers/vision/tfjs"
)

// InstallBase fills modelsDir from npm packages: the ONNX Runtime library of this processor, and the pack `base`, whose
// TensorFlow.js networks are imported as ONNX. npmDir is `workers/vision`, where `npm ci` has run, or the node_modules
// folder itself. What is there already with the right digest is kept, and then its source is not even read.
//
// Inputs and outputs of the networks, N being the batch:
//
//	blazeface  input   [N,3,256,256]  Identity   [N,512,1]   scores of the 16x16x2 anchors, logits
//	                                  Identity_1 [N,384,1]   scores of the 8x8x6 anchors
//	                                  Identity_2 [N,512,16]  boxes and six key points of the first, in pixels
//	                                  Identity_3 [N,384,16]  of the second
//	facemesh   input_1 [N,3,192,192]  output_mesh     [N,1404]  468 points x, y, z in pixels of the crop
//	                                  output_faceflag [N,1]     confidence 0..1, a sigmoid already
//	                                  output_contours [N,266]   lips and eyes, not used
//	iris       input_1 [N,3,64,64]    Identity [N,1,1,228]  71 points of the eye's contour, then 5 of the iris: x, y, z
//	faceres    input_1 [N,3,224,224]  global_pooling/Mean [N,1024]  descriptor, to be brought to length 1
//	                                  gender_pred/Sigmoid [N,1], age_pred/Softmax [N,100]  not used
func InstallBase(npmDir, modelsDir string) error {
	d, err := parseDescription(baseJSON)
	if err != nil {
		return err
	}
	return d.makeFrom(npmDir, modelsDir)
}

func (d *description) makeFrom(npmDir, modelsDir string) error {
	if inner := filepath.Join(npmDir, "node_modules"); isDir(inner) {
		npmDir = inner
	}
	lib, ok := d.Library[runtime.GOARCH]
	if runtime.GOOS != "linux" || !ok {
		return fmt.Errorf("no ONNX Runtime library for %s/%s in the npm package: linux on amd64 or arm64 is needed", runtime.GOOS, runtime.GOARCH)
	}
	if path := LibraryPath(modelsDir); !hasDigest(path, lib.SHA256) {
		from := filepath.Join(npmDir, filepath.FromSlash(lib.Path))
		if err := copyChecked(path, from, lib.SHA256); err != nil {
			return npmError(from, err)
		}
	}
	dir := filepath.Join(modelsDir, d.pack.Name)
	for _, f := range d.Files {
		path, want := filepath.Join(dir, f.Name), d.digest(f.Name)
		if hasDigest(path, want) {
			continue
		}
		from := filepath.Join(npmDir, filepath.FromSlash(f.Path))
		onnx, err := tfjs.Convert(from)
		if err == nil {
			err = writeChecked(path, want, bytes.NewReader(onnx))
		}
		if err != nil {
			return fmt.Errorf("pack %s: making %s: %w", d.pack.Name, f.Name, npmError(from, err))
		}
	}
	if err := d.writePackJSON(dir); err != nil {
		return fmt.Errorf("pack %s: pack.json: %w", d.pack.Name, err)
	}
	return nil
}

// npmError says what to do about an npm part that is absent or of another version.
func npmError(from string, err error) error {
	var digest digestError
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%s is not there: run npm ci --ignore-scripts in workers/vision: %w", from, err)
	case errors.As(err, &digest):
		return fmt.Errorf("%s is not the version that this program knows: run npm ci --ignore-scripts in workers/vision: %w", from, err)
	}
	return err
}

func copyChecked(path, from, want string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	return writeChecked(path, want, f)
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
