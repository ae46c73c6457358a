package streams

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nkeys"
)

// Credentials of a role are a file of two lines: "# role: NAME", and the seed of an nkey, with which a process signs what the broker
// sends it. The broker itself knows only the public key.

const roleLine = "# role: "

// CredentialsFile returns the file of a role in a folder of credentials.
func CredentialsFile(folder, role string) string { return filepath.Join(folder, role+".nk") }

// EnsureCredentials writes the credentials of the roles that have none yet in the folder, which only the owner may read, and returns
// the public keys of all of them.
func EnsureCredentials(folder string, roles []Role) (map[string]string, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("create the folder of the broker's credentials: %w", err)
	}
	keys := map[string]string{}
	for _, r := range roles {
		file := CredentialsFile(folder, r.Name)
		if err := createCredentials(file, r.Name); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, fmt.Errorf("create the broker's credentials of %s: %w", r.Name, err)
		}
		c, err := readCredentials(file)
		if err == nil && c.role != r.Name {
			err = fmt.Errorf("%s is of role %s: remove it, or give it back its name", file, c.role)
		}
		if err != nil {
			return nil, err
		}
		keys[r.Name] = c.key
	}
	return keys, nil
}

func createCredentials(file, role string) error {
	pair, err := nkeys.CreateUser()
	if err != nil {
		return err
	}
	defer pair.Wipe()
	seed, err := pair.Seed()
	if err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // a file that the operator names
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "%s%s\n%s\n", roleLine, role, seed)
	return errors.Join(err, f.Close())
}

// credentials are what a file of credentials says of itself.
type credentials struct{ role, key string }

func readCredentials(file string) (c credentials, err error) {
	data, err := os.ReadFile(file) //nolint:gosec // a file that the operator names
	if err != nil {
		return c, fmt.Errorf("read the broker's credentials: %w", err)
	}
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		if role, ok := strings.CutPrefix(lines.Text(), roleLine); ok {
			c.role = strings.TrimSpace(role)
		}
	}
	pair, err := nkeys.ParseDecoratedUserNKey(data)
	if err != nil || CheckRole(c.role) != nil {
		return c, fmt.Errorf("%s must have the lines %q and the seed of an nkey, which begins with SU", file, roleLine+"NAME")
	}
	defer pair.Wipe()
	c.key, err = pair.PublicKey()
	return c, err
}

// credentialOptions returns the options of a connection with these credentials.
func credentialOptions(file, role string) ([]nats.Option, error) {
	key, err := nats.NkeyOptionFromSeed(file)
	if err != nil {
		return nil, fmt.Errorf("read the broker's credentials %s: %w", file, err)
	}
	return []nats.Option{key, nats.CustomInboxPrefix(inboxPrefix(role))}, nil
}

// users returns the users of an embedded broker.
func users(roles []Role, keys map[string]string) (out []*server.NkeyUser) {
	for _, r := range roles {
		out = append(out, &server.NkeyUser{Nkey: keys[r.Name], Permissions: &server.Permissions{
			Publish:   &server.SubjectPermission{Allow: r.Publish, Deny: r.Deny},
			Subscribe: &server.SubjectPermission{Allow: r.Subscribe},
		}})
	}
	return out
}

// WithPlugins returns the built-in roles, and one for each named plugin.
func WithPlugins(names []string) ([]Role, error) {
	roles := Roles()
	for _, name := range names {
		r, err := RoleOf(name)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(roles, func(known Role) bool { return known.Name == name }) {
			roles = append(roles, r)
		}
	}
	return roles, nil
}
