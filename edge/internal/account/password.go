package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// generatePassword returns a random password of 24 characters that are hard to confuse.
func generatePassword() string {
	const alphabet = "abcdefghjkmnpqrstuvwxyz23456789-" // 32: five bits each
	random := make([]byte, 24)
	rand.Read(random)
	for i, b := range random {
		random[i] = alphabet[b%32]
	}
	return string(random)
}

// cost is the work and the memory that a hash takes. The values are OWASP's for argon2id: less memory than RFC 9106
// recommends, because frames need it too.
type cost struct {
	memory  uint32 // KiB
	passes  uint32
	threads uint8
}

var today = cost{memory: 19 << 10, passes: 2, threads: 1}

// Bounds of a stored hash.
const (
	maxMemory  = 256 << 10
	maxPasses  = 16
	maxThreads = 16
	saltBytes  = 16
	hashBytes  = 32
	maxBytes   = 64 // of a salt or a hash
)

// hash is an argon2id hash, written as a PHC string: $argon2id$v=19$m=19456,t=2,p=1$SALT$HASH.
type hash struct {
	cost
	salt, sum []byte
}

var errHash = errors.New("the stored password hash is not an argon2id hash")

func newHash(password string) hash {
	h := hash{cost: today, salt: make([]byte, saltBytes)}
	rand.Read(h.salt)
	h.sum = h.of(password, hashBytes)
	return h
}

func (h hash) of(password string, length int) []byte {
	return argon2.IDKey([]byte(password), h.salt, h.passes, h.memory, h.threads, uint32(length)) //nolint:gosec // of bounded length
}

func (h hash) matches(password string) bool {
	return subtle.ConstantTimeCompare(h.of(password, len(h.sum)), h.sum) == 1
}

func (h hash) String() string {
	b := base64.RawStdEncoding
	return fmt.Sprintf(
		"$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version,
		h.memory,
		h.passes,
		h.threads,
		b.EncodeToString(h.salt),
		b.EncodeToString(h.sum),
	)
}

func parseHash(phc string) (h hash, err error) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return hash{}, errHash
	}
	costs := strings.Split(parts[3], ",")
	if len(costs) != 3 {
		return hash{}, errHash
	}
	var n [3]uint32
	for i, most := range [3]uint64{maxMemory, maxPasses, maxThreads} {
		text, ok := strings.CutPrefix(costs[i], [3]string{"m=", "t=", "p="}[i])
		v, err := strconv.ParseUint(text, 10, 32)
		if !ok || err != nil || v < 1 || v > most {
			return hash{}, errHash
		}
		n[i] = uint32(v)
	}
	h.cost = cost{memory: n[0], passes: n[1], threads: uint8(n[2])} //nolint:gosec // at most maxThreads
	for i, part := range []*[]byte{&h.salt, &h.sum} {
		if *part, err = base64.RawStdEncoding.Strict().DecodeString(parts[4+i]); err != nil || len(*part) < 8 || len(*part) > maxBytes {
			return hash{}, errHash
		}
	}
	if h.String() != phc { // the decoders accept leading zeros and line breaks
		return hash{}, errHash
	}
	return h, nil
}

// hasher limits how many hashes are computed at the same time, since each takes memory, and how many may wait.
type hasher struct {
	waiting, working chan struct{}
	nobody           hash // compared with the passwords of unknown users, so that they take the same time
}

const (
	hashesAtOnce = 2
	hashesWait   = 32
)

func newHasher() *hasher {
	return &hasher{
		waiting: make(chan struct{}, hashesWait),
		working: make(chan struct{}, hashesAtOnce),
		nobody:  newHash(generatePassword()),
	}
}

// do calls work as soon as there is capacity.
func (h *hasher) do(ctx context.Context, work func()) error {
	select {
	case h.waiting <- struct{}{}:
		defer func() { <-h.waiting }()
	default:
		return ErrBusy
	}
	select {
	case h.working <- struct{}{}:
		defer func() { <-h.working }()
	case <-ctx.Done():
		return ctx.Err()
	}
	work()
	return nil
}

// make returns the PHC string of a new password.
func (h *hasher) make(ctx context.Context, password string) (phc string, err error) {
	err = h.do(ctx, func() { phc = newHash(password).String() })
	return phc, err
}

// check reports whether a password matches a PHC string. An empty string takes the same time and never matches.
func (h *hasher) check(ctx context.Context, password, phc string) (ok bool, err error) {
	stored := h.nobody
	if phc != "" {
		if stored, err = parseHash(phc); err != nil {
			return false, err
		}
	}
	err = h.do(ctx, func() { ok = stored.matches(password) })
	return ok && phc != "", err
}
