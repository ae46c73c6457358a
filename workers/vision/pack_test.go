package vision

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// copyPack copies a pack into a folder that the test may spoil.
func copyPack(t *testing.T, name string) Config {
	t.Helper()
	pickPack(t, name)
	packs := filepath.Join(repositoryRoot(t), "workers", "vision", "packs")
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(packs, name))); err != nil {
		t.Fatal(err)
	}
	return Config{Library: filepath.Join(packs, "lib", "libonnxruntime.so.1"), Pack: dir}
}

func TestOpenReportsErrors(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(t *testing.T, cfg *Config)
		want  error
		says  string
	}{
		"no folder":  {func(t *testing.T, cfg *Config) { cfg.Pack = filepath.Join(cfg.Pack, "nowhere") }, ErrPack, "selene models"},
		"no library": {func(t *testing.T, cfg *Config) { cfg.Library = "/nowhere/libonnxruntime.so" }, ErrRuntime, "make setup"},
		"another library": {func(t *testing.T, cfg *Config) {
			cfg.Library = filepath.Join(cfg.Pack, "lib.so")
			write(t, cfg.Library, []byte("no library"))
		}, ErrRuntime, "already uses"},
		"file missing": {func(t *testing.T, cfg *Config) {
			if err := os.Remove(filepath.Join(cfg.Pack, "face_landmark.onnx")); err != nil {
				t.Fatal(err)
			}
		}, ErrPack, "role mesh"},
		"file changed": {func(t *testing.T, cfg *Config) {
			path := filepath.Join(cfg.Pack, "face_landmark.onnx")
			data := readFile(t, path)
			data[len(data)/2] ^= 1
			write(t, path, data)
		}, ErrPack, "has changed"},
		"no JSON": {func(t *testing.T, cfg *Config) { write(t, filepath.Join(cfg.Pack, "pack.json"), []byte("{")) }, ErrPack, "pack.json"},
		"wrong file for the role": {func(t *testing.T, cfg *Config) {
			edit(t, cfg.Pack, func(p *pack) {
				p.Roles[RoleMesh].Files, p.Roles[RoleMesh].SHA256 = p.Roles[RolePose].Files[:1], p.Roles[RolePose].SHA256[:1]
			})
		}, ErrRuntime, "fsanet-1x1-iter-688590.onnx"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := copyPack(t, "zoo")
			c.spoil(t, &cfg)
			m, err := Open(cfg)
			if err == nil && name == "wrong file for the role" {
				// The mistake shows at the first face.
				img := picture(t, "conditions/open_eyes_d9.jpg")
				err = m.Measure(img, largest(t, m, img, "open_eyes_d9"), &Measurement{})
			}
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v; want %v that says %q", err, c.want, c.says)
			}
		})
	}
}

func TestOpenLoadsOnlyTheNamedRoles(t *testing.T) {
	cfg := copyPack(t, "zoo")
	for _, f := range []string{"face_landmark.onnx", "yunet_n_dynamic.onnx"} { // not asked for, not missed
		if err := os.Remove(filepath.Join(cfg.Pack, f)); err != nil {
			t.Fatal(err)
		}
	}
	m, err := Open(cfg, RoleDescriptor)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if !m.Has(RoleDescriptor) || m.Has(RoleDetector) || len(m.Loaded()) != 1 {
		t.Errorf("loaded %v", m.Loaded())
	}
	if _, err := m.Detect(&Image{1, 1, make([]byte, 3)}, nil); !errors.Is(err, ErrNoModel) {
		t.Errorf("detect without a detector: %v", err)
	}
	if other := pickPack(t, "base"); m.Digest() == other.Digest() || len(m.Digest()) != 64 {
		t.Errorf("digest %q", m.Digest())
	}
	if m.Digest() != pickPack(t, "zoo").Digest() {
		t.Error("a copy of a pack has another digest")
	}
}

func TestPackIsChecked(t *testing.T) {
	good := `{"name":"x","roles":{"mesh":{"decoder":"facemesh","files":["a.onnx"],"sha256":["00"],"input":[192,192],"crop":1.5,"color":"rgb","scale":[255,255,255],"confidence":"logit"}}}`
	if _, err := parsePack([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for _, c := range [][3]string{
		{`"x"`, `""`, "name"},
		{`"mesh":{`, `"nose":{`, "roles.nose"},
		{`"facemesh"`, `"dlib"`, "roles.mesh.decoder"},
		{`["a.onnx"]`, `[]`, "roles.mesh.files"},
		{`["a.onnx"]`, `["../a.onnx"]`, "roles.mesh.files"},
		{`["00"]`, `[]`, "roles.mesh.sha256"},
		{`[192,192]`, `[0,192]`, "roles.mesh.input"},
		{`"rgb"`, `"hsv"`, "roles.mesh.color"},
		{`[255,255,255]`, `[255,0,255]`, "roles.mesh.scale"},
		{`1.5`, `-1`, "roles.mesh.crop"},
		{`"logit"`, `"odds"`, "roles.mesh.confidence"},
	} {
		text := strings.Replace(good, c[0], c[1], 1)
		if _, err := parsePack([]byte(text)); err == nil || !strings.Contains(err.Error(), c[2]) {
			t.Errorf("%s for %s: %v, want an error at %s", c[1], c[0], err, c[2])
		}
	}
}

func TestOptionalRolesAreChecked(t *testing.T) {
	const head = `"files":["a"],"sha256":["b"],"input":[96,96],"color":"bgr","scale":[1,1,1]`
	for role, want := range map[string]string{
		`"eyestate":{"decoder":"seeta_eye",`:                          "roles.eyestate.crop",
		`"occlusion":{"decoder":"seeta_mask",`:                        "roles.occlusion.crop",
		`"occlusion":{"decoder":"seeta_eye","crop":1,`:                "roles.occlusion.decoder",
		`"deepfake":{"decoder":"classifier",`:                         "roles.deepfake.crops",
		`"deepfake":{"decoder":"classifier","crops":[1],"class":-1,`:  "roles.deepfake.class",
		`"deepfake":{"decoder":"classifier","crops":[1.5],"class":1,`: "",
		`"eyestate":{"decoder":"seeta_eye","crop":0.65,`:              "",
	} {
		_, err := parsePack([]byte(`{"name":"x","roles":{` + role + head + `}}}`))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want an error at %q", role, err, want)
		}
	}
}

func FuzzPack(f *testing.F) {
	f.Add([]byte(`{"name":"x","version":"1","roles":{"detector":{"decoder":"yunet","files":["a"],"sha256":["b"],"max_side":640,"color":"bgr","scale":[1,1,1]}}}`))
	f.Add([]byte(`{"name":"x","roles":{"mesh":null}}`))
	f.Add([]byte(`{"name":"x","roles":{"eyestate":{"decoder":"seeta_eye","files":["a"],"sha256":["b"],"input":[96,96],"crop":0.65,"color":"bgr","scale":[1,1,1]}}}`))
	f.Add([]byte(`{"name":"x","roles":{"deepfake":{"decoder":"classifier","files":["a"],"sha256":["b"],"input":[128,128],"crops":[1.5],"class":1,"color":"rgb","scale":[255,255,255]}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if p, err := parsePack(text); err == nil && p.digest == "" {
			t.Fatal("a pack without a digest")
		}
	})
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func edit(t *testing.T, dir string, change func(p *pack)) {
	t.Helper()
	path := filepath.Join(dir, "pack.json")
	p, err := parsePack(readFile(t, path))
	if err != nil {
		t.Fatal(err)
	}
	change(p)
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, text)
}
