package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/selene-liveness/selene/deploy/tools/simulate"
	"github.com/selene-liveness/selene/deploy/tools/simulate/attack"
	"github.com/selene-liveness/selene/deploy/tools/terminal"
	"github.com/selene-liveness/selene/schemas"
)

// simulation is what `selene eval --sessions` plays.
type simulation struct {
	sessions int // of each kind; 0 = evaluate pictures instead
	settings string
	kinds    []string
	half     string
	seed     uint64
	jobs     int
	html     string
}

func (s *simulation) flags(c *cobra.Command) {
	f := c.Flags()
	f.IntVar(&s.sessions, "sessions", 0, "play this many whole sessions of each kind, with people and attackers from the clips of DATASET")
	f.StringVar(&s.settings, "settings", "", "with --sessions: JSON file of the settings; empty = defaults")
	f.StringSliceVar(&s.kinds, "kinds", nil, "with --sessions: "+strings.Join(kindNames(), ", ")+", or attacks; empty = all")
	f.StringVar(&s.half, "half", string(simulate.Report), "with --sessions: people to play: tune, report or all")
	f.Uint64Var(&s.seed, "seed", 1, "with --sessions: from which everything random is drawn")
	f.IntVar(&s.jobs, "jobs", runtime.NumCPU(), "with --sessions: sessions played at the same time")
	f.StringVar(&s.html, "html", "", "with --sessions: file for a page with the table and pictures of what failed")
}

// allAttacks stands for the kinds that are attacks.
const allAttacks = "attacks"

func allKinds() []simulate.Kind { return slices.Concat(simulate.Kinds, attack.Simulated()) }

func kindNames() (out []string) {
	for _, k := range allKinds() {
		out = append(out, k.Name)
	}
	return out
}

func (s *simulation) chosen() ([]simulate.Kind, error) {
	if len(s.kinds) == 0 {
		return allKinds(), nil
	}
	for _, name := range s.kinds {
		if name != allAttacks && !slices.Contains(kindNames(), name) {
			return nil, fmt.Errorf("--kinds: no kind is called %q; use %s, %s", name, allAttacks, strings.Join(kindNames(), ", "))
		}
	}
	return slices.DeleteFunc(slices.Clone(allKinds()), func(k simulate.Kind) bool {
		return !slices.Contains(s.kinds, k.Name) && !(k.Attack && slices.Contains(s.kinds, allAttacks))
	}), nil
}

// run plays the sessions and prints the report.
func (s *simulation) run(c *cobra.Command, m *modelFolder, dir string, asJSON bool) error {
	document := []byte("{}")
	var err error
	if s.settings != "" {
		if document, err = os.ReadFile(s.settings); err != nil {
			return fmt.Errorf("--settings: %w", err)
		}
	}
	o := simulate.Options{Sessions: s.sessions, Seed: s.seed, Jobs: max(1, s.jobs)}
	if o.Settings, err = schemas.ParseSettings(document); err != nil {
		return fmt.Errorf("--settings: %w", err)
	}
	if o.Kinds, err = s.chosen(); err != nil {
		return err
	}
	if !o.Settings.LightChallenge.IsEnabled {
		o.Kinds = slices.DeleteFunc(o.Kinds, func(k simulate.Kind) bool { return k.Lit })
	}
	half := simulate.Half(s.half)
	if !slices.Contains([]simulate.Half{simulate.Tune, simulate.Report, simulate.All}, half) {
		return fmt.Errorf("--half is %q: use tune, report or all", s.half)
	}
	models, err := m.open()
	if err != nil {
		return err
	}
	defer models.Close()
	bar := terminal.StderrBar()
	draw := func(stage string) func(done, of int) {
		return func(done, of int) {
			bar.Draw(terminal.Progress{Stage: stage, Detail: fmt.Sprintf("%d of %d", done, of), Fraction: float64(done) / float64(of)})
		}
	}
	material, err := simulate.Load(c.Context(), dir, half, models, o.Settings, o.Jobs, draw("clips"))
	bar.Wipe()
	if err != nil {
		return err
	}
	if !asJSON { // row by row, so that a run which is interrupted leaves what it has
		if err := simulate.Summarise(material, half, o, nil).WriteHeader(c.OutOrStdout()); err != nil {
			return err
		}
		o.OnKind = func(row simulate.Row) {
			bar.Wipe()
			_ = row.WriteText(c.OutOrStdout())
		}
	}
	o.OnProgress = draw("sessions")
	sessions, err := simulate.Run(c.Context(), material, o)
	bar.Wipe()
	if err != nil {
		return err
	}
	return s.report(c, simulate.Summarise(material, half, o, sessions), asJSON)
}

func (s *simulation) report(c *cobra.Command, r *simulate.Result, asJSON bool) error {
	if s.html != "" {
		f, err := os.OpenFile(s.html, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			return fmt.Errorf("--html: %w", err)
		}
		defer f.Close()
		if err := r.WriteHTML(f); err != nil {
			return fmt.Errorf("--html: %w", err)
		}
		if err := f.Close(); err != nil {
			return fmt.Errorf("--html: %w", err)
		}
	}
	if asJSON {
		return json.NewEncoder(c.OutOrStdout()).Encode(r)
	}
	return nil
}
