package main

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/selene-liveness/selene/workers/vision"
	"github.com/selene-liveness/selene/workers/vision/modelstore"
)

func (m *modelFolder) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&m.Pack, "pack", m.Pack, "model pack: zoo, base or one of your own (SELENE_PACK)")
	f.StringVar(&m.Path, "models", m.Path, "folder of the model packs (SELENE_MODELS)")
}

func (m *modelFolder) dir() string {
	if m.Path != "" {
		return m.Path
	}
	return modelstore.Dir()
}

// pack returns the name of the pack to use, and a remark for the user, if any.
func (m *modelFolder) pack() (name, remark string) {
	if m.Pack != "" {
		return m.Pack, ""
	}
	if _, err := os.Stat(filepath.Join(m.dir(), "zoo", "pack.json")); err == nil {
		return "zoo", ""
	}
	return "base", "using model pack base: it detects attacks less well than zoo (`selene models pull zoo` installs it)"
}

// config returns the configuration that opens the chosen pack.
func (m *modelFolder) config() vision.Config {
	name, _ := m.pack()
	library := m.Library
	if library == "" {
		library = modelstore.LibraryPath(m.dir())
	}
	return vision.Config{Library: library, Pack: filepath.Join(m.dir(), name), IntraThreads: m.Threads}
}

// open opens roles of the chosen pack.
func (m *modelFolder) open(roles ...vision.Role) (*vision.Models, error) {
	name, remark := m.pack()
	if remark != "" {
		slog.Warn(remark)
	}
	models, err := vision.Open(m.config(), roles...)
	if err != nil {
		return nil, fmt.Errorf("model pack %s: %w", name, err)
	}
	return models, nil
}
