package modelstore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
)

// Pack describes one pack.
type Pack struct {
	Name      string `json:"name"`
	Version   string `json:"version,omitempty"`
	Dir       string `json:"dir"`
	Installed bool   `json:"installed"`         // it has a pack.json, and every file is as that says
	Problem   string `json:"problem,omitempty"` // why not
	Files     []File `json:"files,omitempty"`
}

// File is one file of a pack. State is "ok", "missing", or "changed" when its sha256 is not the stated one.
type File struct {
	Role    string `json:"role"`
	Name    string `json:"name"`
	Licence string `json:"licence"`
	SHA256  string `json:"sha256"` // as the pack states it
	State   string `json:"state"`
}

// List describes every pack below modelsDir, by name, and those known to this program that are absent. It reads all
// files to check their digests. A broken pack is described, not an error; a modelsDir that does not exist is empty.
func List(modelsDir string) ([]Pack, error) {
	entries, err := os.ReadDir(modelsDir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("models directory: %w", err)
	}
	var packs []Pack
	for _, e := range entries {
		dir := filepath.Join(modelsDir, e.Name())
		if _, err := os.Stat(filepath.Join(dir, "pack.json")); err == nil {
			packs = append(packs, inspect(dir))
		}
	}
	for _, b := range [][]byte{baseJSON, zooJSON} {
		d, err := parseDescription(b)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(packs, func(p Pack) bool { return p.Name == d.pack.Name }) {
			continue
		}
		dir := filepath.Join(modelsDir, d.pack.Name)
		p := Pack{Name: d.pack.Name, Version: d.pack.Version, Dir: dir, Problem: "not installed"}
		p.Files = d.pack.files(dir)
		packs = append(packs, p)
	}
	sort.Slice(packs, func(i, j int) bool { return packs[i].Name < packs[j].Name })
	return packs, nil
}

func inspect(dir string) Pack {
	p := Pack{Name: filepath.Base(dir), Dir: dir}
	b, err := os.ReadFile(filepath.Join(dir, "pack.json"))
	if err != nil {
		p.Problem = err.Error()
		return p
	}
	m, err := parseManifest(b)
	if err != nil {
		p.Problem = "pack.json: " + err.Error()
		return p
	}
	p.Version, p.Files = m.Version, m.files(dir)
	for _, f := range p.Files {
		if f.State != "ok" {
			p.Problem = fmt.Sprintf("file %s is %s", f.Name, f.State)
			return p
		}
	}
	p.Installed = true
	return p
}

// files checks every file of the pack, sorted by role.
func (m manifest) files(dir string) []File {
	var files []File
	for name, r := range m.Roles {
		for i, f := range r.Files {
			file := File{Role: name, Name: f, Licence: r.Licence[i], SHA256: r.SHA256[i], State: "ok"}
			got, err := fileDigest(filepath.Join(dir, f))
			switch {
			case err != nil:
				file.State = "missing"
			case got != file.SHA256:
				file.State = "changed"
			}
			files = append(files, file)
		}
	}
	sort.SliceStable(files, func(i, j int) bool { return files[i].Role < files[j].Role })
	return files
}
