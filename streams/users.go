package streams

import (
	"fmt"
	"os"
	"path/filepath"
)

// UsersFile is the file, in a folder of credentials, that a nats-server includes to know the roles.
const UsersFile = "users.conf"

// rolesFolder holds a file with the permissions of each role, which the file of users includes.
const rolesFolder = "roles"

// WriteUsers writes, into a folder, the credentials of the built-in roles and of plugins that have none yet, their permissions, and
// the file of users that a nats-server includes. Nothing in the latter two is secret.
func WriteUsers(folder string, plugins []string) error {
	roles, err := WithPlugins(plugins)
	if err != nil {
		return err
	}
	keys, err := EnsureCredentials(folder, roles)
	if err != nil {
		return err
	}
	permissions := filepath.Join(folder, rolesFolder)
	if err := os.MkdirAll(permissions, 0o755); err != nil { //nolint:gosec // not secret, and nats-server may run as another user
		return fmt.Errorf("create the folder of permissions: %w", err)
	}
	users := "# The users of a nats-server: `authorization { include \"users.conf\" }`. Written by `selene broker credentials`.\nusers: [\n"
	for _, r := range roles {
		users += fmt.Sprintf("  { nkey: %s, include %q }\n", keys[r.Name], rolesFolder+"/"+r.Name+".conf")
		if err := writePublic(filepath.Join(permissions, r.Name+".conf"), r.Config()); err != nil {
			return err
		}
	}
	return writePublic(filepath.Join(folder, UsersFile), users+"]\n")
}

func writePublic(file, text string) error {
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil { //nolint:gosec // not secret
		return fmt.Errorf("write the broker's users: %w", err)
	}
	return nil
}
