package eval

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/selene-liveness/selene/workers/vision"
)

// networks holds the models of the pack, and each of its anti-spoofing networks separately.
type networks struct {
	all   *vision.Models
	match float64 // lowest cosine at which the pack takes two faces for one person
	each  []single
}

// single is one anti-spoofing network.
type single struct {
	name   string
	models *vision.Models
}

func (n *networks) close() {
	_ = n.all.Close()
	for _, s := range n.each {
		_ = s.models.Close()
	}
}

// openNetworks opens a pack, and for each file of its anti-spoofing role a pack with only this file.
func openNetworks(c vision.Config) (_ *networks, err error) {
	n := &networks{}
	if n.all, err = vision.Open(c); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			n.close()
		}
	}()
	text, err := os.ReadFile(filepath.Join(c.Pack, "pack.json"))
	if err != nil {
		return nil, err
	}
	var pack struct {
		Name  string `json:"name"`
		Roles map[vision.Role]map[string]any
	}
	if err := json.Unmarshal(text, &pack); err != nil {
		return nil, err
	}
	n.match, _ = pack.Roles[vision.RoleDescriptor]["match_cosine"].(float64)
	files, _ := pack.Roles[vision.RoleAntispoof]["files"].([]any)
	for i := range files {
		if err := n.alone(c, pack.Name, pack.Roles[vision.RoleAntispoof], i); err != nil {
			return nil, fmt.Errorf("open anti-spoofing network %v: %w", files[i], err)
		}
	}
	return n, nil
}

// alone opens file i of a role as a separate pack.
func (n *networks) alone(c vision.Config, pack string, role map[string]any, i int) error {
	dir, err := os.MkdirTemp("", "selene-eval-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	one := map[string]any{}
	for key, value := range role {
		one[key] = value
	}
	for _, key := range []string{"files", "sha256", "licence", "source", "crops", "weights"} {
		if list, ok := one[key].([]any); ok && i < len(list) {
			one[key] = list[i : i+1]
		}
	}
	list, ok := one["files"].([]any)
	if !ok || len(list) != 1 {
		return errors.New("pack.json lists no files")
	}
	file := fmt.Sprint(list[0])
	text, err := json.Marshal(
		map[string]any{"name": pack + " " + file, "version": "1", "roles": map[string]any{string(vision.RoleAntispoof): one}},
	)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "pack.json"), text, 0o600); err != nil {
		return err
	}
	target, err := filepath.Abs(filepath.Join(c.Pack, file))
	if err != nil {
		return err
	}
	if err := os.Symlink(target, filepath.Join(dir, file)); err != nil {
		return err
	}
	c.Pack = dir
	models, err := vision.Open(c, vision.RoleAntispoof)
	if err != nil {
		return err
	}
	n.each = append(n.each, single{strings.TrimSuffix(file, filepath.Ext(file)), models})
	return nil
}

// names returns the names of the anti-spoofing networks and, if there are several, of their mean as the last one.
func (n *networks) names() []string {
	var out []string
	for _, s := range n.each {
		out = append(out, s.name)
	}
	if len(out) > 1 {
		out = append(out, "mean of them")
	}
	return out
}

// liveness returns the score of a face by each network, in the order of names.
func (n *networks) liveness(img *vision.Image, d vision.Detection) ([]float64, error) {
	var out []float64
	var sum float64
	for _, s := range n.each {
		var crops [][]byte
		for _, spec := range s.models.LivenessCrops() {
			crops = append(crops, vision.Cut(img, d, spec, nil))
		}
		score, err := s.models.Liveness(crops)
		if err != nil {
			return nil, err
		}
		out, sum = append(out, score), sum+score
	}
	if len(out) > 1 {
		out = append(out, sum/float64(len(n.each)))
	}
	return out, nil
}
