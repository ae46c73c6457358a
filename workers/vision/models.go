package vision

import (
	"fmt"
	"slices"
	"strings"
)

// Config names the files of the models and their number of threads.
type Config struct {
	Library      string // path of the ONNX Runtime shared library
	Pack         string // folder of the model pack
	IntraThreads int    // threads of one inference; 0 means 1, right when several frames are judged at once
}

// Models are the loaded networks of a pack. All methods may be called from many goroutines at once; results depend
// on their arguments and the pack alone.
type Models struct {
	pack *pack
	nets map[Role][]*model
}

// model is a network with its pre-processing.
type model struct {
	*network
	spec  *roleSpec
	table [3][256]float32 // in the channel order of the network
}

// Open loads the named roles of a pack, or all of them if none is named. A role that the pack does not fill is left out; see
// [Models.Has]. Errors wrap [ErrPack] (missing, changed or wrong pack) or [ErrRuntime] and say what to do. ONNX Runtime stays
// loaded until the process ends, so every Open of a process must name the same library.
func Open(cfg Config, roles ...Role) (*Models, error) {
	p, err := readPack(cfg.Pack)
	if err != nil {
		return nil, err
	}
	if len(roles) == 0 {
		roles = Roles()
	}
	if err := startRuntime(cfg.Library); err != nil {
		return nil, err
	}
	m := &Models{pack: p, nets: map[Role][]*model{}}
	for _, role := range roles {
		if err := m.load(role, max(cfg.IntraThreads, 1)); err != nil {
			_ = m.Close()
			return nil, err
		}
	}
	return m, nil
}

func (m *Models) load(role Role, threads int) error {
	spec := m.pack.Roles[role]
	if spec == nil || m.nets[role] != nil {
		return nil
	}
	for i := range spec.Files {
		data, err := m.pack.load(role, i)
		if err != nil {
			return err
		}
		n, err := newNetwork(spec.Files[i], data, threads)
		if err != nil {
			return err
		}
		m.nets[role] = append(m.nets[role], &model{network: n, spec: spec, table: spec.inputTable()})
	}
	return nil
}

// Close frees the networks. Calls in flight finish; later ones return [ErrClosed].
func (m *Models) Close() error {
	for _, list := range m.nets {
		for _, n := range list {
			n.close()
		}
	}
	return nil
}

// Has reports whether a model for the role is loaded.
func (m *Models) Has(role Role) bool { return len(m.nets[role]) > 0 }

// Loaded lists the roles that have a model.
func (m *Models) Loaded() []Role {
	return slices.DeleteFunc(Roles(), func(r Role) bool { return !m.Has(r) })
}

// Name returns name and version of the pack, such as "zoo 1".
func (m *Models) Name() string { return strings.TrimSpace(m.pack.Name + " " + m.pack.Version) }

// Digest returns the identity of the pack: the hexadecimal sha256 of its pack.json, which in turn holds those of its files.
func (m *Models) Digest() string { return m.pack.digest }

func (m *Models) one(role Role) (*model, error) {
	if !m.Has(role) {
		return nil, fmt.Errorf("%w: %s in pack %s", ErrNoModel, role, m.pack.Name)
	}
	return m.nets[role][0], nil
}
