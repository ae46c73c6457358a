package seal

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/selene-liveness/selene/streams/kept"
)

// Source says where the master key comes from, from the environment. One of the first three names it.
type Source struct {
	MasterKey        Secret   `envconfig:"MASTER_KEY" desc:"master key that encrypts the keys of sessions: 32 bytes in hexadecimal or base64; without any, up generates one and keeps it in the data folder"`
	MasterKeyFile    string   `envconfig:"MASTER_KEY_FILE" desc:"file that contains the master key instead"`
	MasterKeyCommand string   `envconfig:"MASTER_KEY_COMMAND" desc:"shell command that prints the master key instead, such as a call of a key service"`
	MasterKeysOld    []Secret `envconfig:"MASTER_KEYS_OLD" desc:"master keys of before, separated by commas, until selene rewrap has run"`
}

// Secret is text that must not reach a log: it prints as ***.
type Secret string

// String returns *** unless it is empty.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "***"
}

// GoString returns *** for %#v.
func (s Secret) GoString() string { return s.String() }

// LogValue returns *** for slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// keptMaster is the file in the data folder.
const keptMaster = "master.key"

// commandTime limits the command that prints the master key.
const commandTime = 10 * time.Second

// ErrNoMaster is returned when no master key is given.
var ErrNoMaster = errors.New(
	"no master key: set SELENE_MASTER_KEY, SELENE_MASTER_KEY_FILE or SELENE_MASTER_KEY_COMMAND to the one of the installation; " +
		"`openssl rand -hex 32` makes a new one, and `selene up` keeps one in master.key of its data folder",
)

// Load returns the master that s names, or else the one whose key is kept in dir, unless dir is empty. If there is none either, it
// generates and keeps one in dir if generate is set, and otherwise returns ErrNoMaster.
func (s Source) Load(ctx context.Context, dir string, generate bool) (*Master, error) {
	text, from, err := s.text(ctx, dir, generate)
	if err != nil {
		return nil, err
	}
	newest, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s %w", from, err)
	}
	var older [][]byte
	for _, text := range s.MasterKeysOld {
		key, err := parse([]byte(text))
		if err != nil {
			return nil, fmt.Errorf("SELENE_MASTER_KEYS_OLD %w", err)
		}
		older = append(older, key)
	}
	return NewMaster(newest, older...), nil
}

// text returns the master key as it is given, and the name of what gave it.
func (s Source) text(ctx context.Context, dir string, generate bool) (key []byte, from string, err error) {
	given := 0
	for _, text := range []string{string(s.MasterKey), s.MasterKeyFile, s.MasterKeyCommand} {
		if text != "" {
			given++
		}
	}
	switch {
	case given > 1:
		return nil, "", errors.New("more than one of SELENE_MASTER_KEY, SELENE_MASTER_KEY_FILE and SELENE_MASTER_KEY_COMMAND are set: keep one")
	case s.MasterKey != "":
		return []byte(s.MasterKey), "SELENE_MASTER_KEY", nil
	case s.MasterKeyFile != "":
		if key, err = os.ReadFile(s.MasterKeyFile); err != nil {
			return nil, "", fmt.Errorf("read the master key (SELENE_MASTER_KEY_FILE): %w", err)
		}
		return key, s.MasterKeyFile, nil
	case s.MasterKeyCommand != "":
		key, err = output(ctx, s.MasterKeyCommand)
		return key, "the output of SELENE_MASTER_KEY_COMMAND", err
	case generate:
		secret, _, err := kept.Keep(dir, keptMaster)
		return []byte(secret), keptMaster, err
	case dir == "":
		return nil, "", ErrNoMaster
	}
	secret, err := kept.Read(filepath.Join(dir, keptMaster))
	if errors.Is(err, fs.ErrNotExist) {
		err = ErrNoMaster
	}
	return []byte(secret), keptMaster, err
}

// output returns what a shell command prints. What it prints on its error output is part of the error.
func output(ctx context.Context, command string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	c := exec.CommandContext(ctx, "/bin/sh", "-c", command) //nolint:gosec // from the operator
	c.WaitDelay = time.Second                               // a child of the shell may hold its output
	var complaint bytes.Buffer
	c.Stderr = &complaint
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("run SELENE_MASTER_KEY_COMMAND for at most %s: %w: %.300s", commandTime, err, complaint.String())
	}
	return out, nil
}

// parse reads a key of 64 hexadecimal digits, or in base64.
func parse(text []byte) ([]byte, error) {
	word := strings.TrimRight(strings.TrimSpace(string(text)), "=")
	for _, decode := range []func(string) ([]byte, error){
		hex.DecodeString, base64.RawStdEncoding.DecodeString, base64.RawURLEncoding.DecodeString,
	} {
		if key, err := decode(word); err == nil && len(key) == KeySize {
			return key, nil
		}
	}
	return nil, fmt.Errorf("is not a master key: it must be %d bytes as %d hexadecimal digits or in base64", KeySize, 2*KeySize)
}
