package vision

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// pack is the content of a pack.json.
type pack struct {
	Name    string             `json:"name"`
	Version string             `json:"version"`
	Roles   map[Role]*roleSpec `json:"roles"`

	dir    string
	digest string
}

// roleSpec describes the inputs and outputs of the networks of one role. The input is (pixel - Mean) / Scale.
type roleSpec struct {
	Decoder string   `json:"decoder"`
	Files   []string `json:"files"`
	SHA256  []string `json:"sha256"`
	Licence []string `json:"licence"`
	Source  []string `json:"source"`

	Input       [2]int     `json:"input"` // width, height; 0, 0 when the network takes any size
	MaxSide     int        `json:"max_side"`
	Crop        float32    `json:"crop"`
	Crops       []float32  `json:"crops"`
	Color       string     `json:"color"`
	Mean        [3]float32 `json:"mean"`
	Scale       [3]float32 `json:"scale"`
	Threshold   float32    `json:"threshold"`
	Confidence  string     `json:"confidence"`
	MatchCosine float64    `json:"match_cosine"`
	Class       int        `json:"class"`
}

// decoders lists the decoders of each role.
var decoders = map[Role][]string{
	RoleDetector:   {"yunet", "blazeface"},
	RoleMesh:       {"facemesh"},
	RoleIris:       {"iris"},
	RoleDescriptor: {"arcface5"},
	RoleAntispoof:  {"minifasnet", "classifier"},
	RolePose:       {"fsanet"},
	RoleEyeState:   {"seeta_eye"},
	RoleOcclusion:  {"seeta_mask"},
	RoleDeepfake:   {"classifier"},
}

func readPack(dir string) (*pack, error) {
	path := filepath.Join(dir, "pack.json")
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w; name a folder that holds a pack.json, or create one with `selene models`", ErrPack, err)
	}
	p, err := parsePack(text)
	if err != nil {
		return nil, fmt.Errorf("%w %s: %w", ErrPack, path, err)
	}
	p.dir = dir
	return p, nil
}

func parsePack(text []byte) (*pack, error) {
	p := &pack{}
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(p); err != nil {
		return nil, err
	}
	if p.Name == "" {
		return nil, fmt.Errorf("name is empty")
	}
	for role, spec := range p.Roles {
		if spec == nil {
			return nil, fmt.Errorf("roles.%s is null; leave the role out if no model fills it", role)
		}
		if err := spec.check(role); err != nil {
			return nil, fmt.Errorf("roles.%s.%w", role, err)
		}
	}
	sum := sha256.Sum256(text)
	p.digest = hex.EncodeToString(sum[:])
	return p, nil
}

// check rejects values that would only show as wrong numbers in production.
func (s *roleSpec) check(role Role) error {
	known, ok := decoders[role]
	switch {
	case !ok:
		return fmt.Errorf("decoder: unknown role; known are %v", Roles())
	case !slices.Contains(known, s.Decoder):
		return fmt.Errorf("decoder: %q is unknown; this role has %s", s.Decoder, strings.Join(known, ", "))
	case len(s.Files) == 0:
		return fmt.Errorf("files: empty")
	case len(s.SHA256) != len(s.Files):
		return fmt.Errorf("sha256: %d sums for %d files", len(s.SHA256), len(s.Files))
	case s.Color != "rgb" && s.Color != "bgr":
		return fmt.Errorf("color: %q; use rgb or bgr", s.Color)
	case s.Scale[0] <= 0 || s.Scale[1] <= 0 || s.Scale[2] <= 0:
		return fmt.Errorf("scale: %v; each must be above 0", s.Scale)
	case s.Crop < 0 || s.Crop > 16:
		return fmt.Errorf("crop: %v; use 0..16", s.Crop)
	case s.Threshold < 0 || s.Threshold > 1:
		return fmt.Errorf("threshold: %v; use 0..1", s.Threshold)
	}
	for _, f := range s.Files {
		if f == "" || f != filepath.Base(f) || f == ".." || f == "." {
			return fmt.Errorf("files: %q is not a plain file name", f)
		}
	}
	if s.Decoder != "yunet" && (s.Input[0] < 16 || s.Input[1] < 16 || s.Input[0] > 1024 || s.Input[1] > 1024) {
		return fmt.Errorf("input: %v; use width and height of 16..1024", s.Input)
	}
	switch s.Decoder {
	case "yunet":
		if s.MaxSide < 32 || s.MaxSide > 2048 || s.MaxSide%32 != 0 {
			return fmt.Errorf("max_side: %d; use a multiple of 32 up to 2048", s.MaxSide)
		}
	case "facemesh":
		if s.Confidence != "logit" && s.Confidence != "sigmoid" {
			return fmt.Errorf("confidence: %q; use logit or sigmoid", s.Confidence)
		}
	case "seeta_eye", "seeta_mask":
		if s.Crop == 0 {
			return fmt.Errorf("crop: missing; use a number above 0")
		}
	case "minifasnet", "classifier":
		if s.Class < 0 {
			return fmt.Errorf("class: %d; use the index of a class, from 0", s.Class)
		}
		if len(s.Crops) != len(s.Files) {
			return fmt.Errorf("crops: %d for %d files", len(s.Crops), len(s.Files))
		}
		for _, c := range s.Crops {
			if c <= 0 || c > 16 {
				return fmt.Errorf("crops: %v; each must be above 0, at most 16", s.Crops)
			}
		}
	case "arcface5":
		if s.MatchCosine <= -1 || s.MatchCosine >= 1 {
			return fmt.Errorf("match_cosine: %v; must be between -1 and 1", s.MatchCosine)
		}
	}
	return nil
}

// load reads file i of the role and checks its sha256.
func (p *pack) load(role Role, i int) ([]byte, error) {
	spec := p.Roles[role]
	path := filepath.Join(p.dir, spec.Files[i])
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%w %s: role %s: %w; fetch or create the pack again with `selene models`", ErrPack, p.Name, role, err)
	}
	sum := sha256.Sum256(data)
	if got := hex.EncodeToString(sum[:]); !strings.EqualFold(got, spec.SHA256[i]) {
		return nil, fmt.Errorf(
			"%w %s: role %s: %s has changed: sha256 is %s, pack.json says %s; fetch or create the pack again with `selene models`",
			ErrPack,
			p.Name,
			role,
			path,
			got,
			spec.SHA256[i],
		)
	}
	return data, nil
}
