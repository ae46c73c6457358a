package main

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

const (
	groupParts  = "parts"
	groupClient = "client"
	groupSetup  = "setup"
)

func newRoot() (*cobra.Command, error) {
	e, err := loadEnvironment()
	if err != nil {
		return nil, err
	}
	root := &cobra.Command{
		Use: "selene", Short: "Face liveness checks: server, workers and tools in one program",
		SilenceUsage: true, SilenceErrors: true, Version: version(),
	}
	root.AddGroup(
		&cobra.Group{ID: groupParts, Title: "Run the server:"},
		&cobra.Group{ID: groupClient, Title: "Use a running installation:"},
		&cobra.Group{ID: groupSetup, Title: "Set up:"},
	)
	add := func(group string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	up, err := upCommand(e)
	if err != nil {
		return nil, err
	}
	edge, err := edgeCommand(e)
	if err != nil {
		return nil, err
	}
	add(groupParts, up, edge, workerCommand(e), videoCommand(e), brokerCommand(e))
	add(
		groupClient,
		replayCommand(e),
		recordCommand(e),
		rerunCommand(e),
		sessionsCommand(e),
		exportCommand(e),
		exportsCommand(e),
		settingsCommand(e),
	)
	keys, err := keysCommand(e)
	if err != nil {
		return nil, err
	}
	add(groupSetup, keys, rewrapCommand(e), modelsCommand(e), evalCommand(e))
	root.AddCommand(stitchCommand(), decodeCommand())
	root.CompletionOptions.HiddenDefaultCmd = true
	nameUsage(root)
	return root, nil
}

// nameUsage adds the line of usage to the errors of wrong arguments, which otherwise only count them.
func nameUsage(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return fmt.Errorf("%w; usage: %s", err, c.UseLine())
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		nameUsage(sub)
	}
}

// version returns the commit that the program was built from, or the version of its module.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value[:min(12, len(s.Value))]
		}
	}
	return info.Main.Version
}
