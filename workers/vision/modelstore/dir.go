package modelstore

import (
	"os"
	"path/filepath"
)

// Dir returns the models folder of this process: SELENE_MODELS if set; `workers/vision/packs` of the checkout that contains the
// working directory; that of the checkout that contains the executable's folder (`bin`); otherwise /usr/share/selene/models. The
// folder may not exist yet.
func Dir() string {
	if d := os.Getenv("SELENE_MODELS"); d != "" {
		return d
	}
	if wd, err := os.Getwd(); err == nil {
		for dir := wd; ; dir = filepath.Dir(dir) {
			if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
				if d, ok := checkoutDir(dir); ok {
					return d
				}
				break
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	if exe, err := os.Executable(); err == nil {
		if d, ok := checkoutDir(filepath.Dir(filepath.Dir(exe))); ok {
			return d
		}
	}
	return "/usr/share/selene/models"
}

// checkoutDir returns the models folder of a checkout; false when root is not a checkout.
func checkoutDir(root string) (string, bool) {
	vision := filepath.Join(root, "workers", "vision")
	if info, err := os.Stat(vision); err != nil || !info.IsDir() {
		return "", false
	}
	return filepath.Join(vision, "packs"), true
}

// LibraryPath returns the path of the ONNX Runtime library in a models folder.
func LibraryPath(modelsDir string) string {
	return filepath.Join(modelsDir, "lib", "libonnxruntime.so.1")
}
