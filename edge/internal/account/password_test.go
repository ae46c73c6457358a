package account

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/selene-liveness/selene/streams/streamstest"
)

func TestPasswordHash(t *testing.T) {
	phc := newHash("correct horse battery").String()
	if !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") || phc == newHash("correct horse battery").String() {
		t.Errorf("got %s", phc)
	}
	h, err := parseHash(phc)
	if err != nil || !h.matches("correct horse battery") || h.matches("correct horse batterz") || h.matches("") {
		t.Errorf("got %+v, %v", h, err)
	}
	// Of the reference implementation: echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1 -e
	h, err = parseHash("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	if err != nil || !h.matches("password") {
		t.Errorf("got %+v, %v", h, err)
	}
	for _, bad := range []string{
		"", "$", "plain text", strings.Replace(phc, "argon2id", "argon2i", 1), strings.Replace(phc, "v=19", "v=16", 1),
		strings.Replace(phc, "m=19456", "m=999999999", 1), strings.Replace(phc, "m=19456", "m=0", 1), strings.Replace(phc, "t=2", "t=02", 1),
		strings.Replace(phc, "p=1", "p=256", 1), strings.Replace(phc, ",p=1", "", 1), phc + "$", phc + "\n", phc[:len(phc)-40],
	} {
		if _, err := parseHash(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func FuzzParseHash(f *testing.F) {
	f.Add(newHash("a password").String())
	f.Add("$argon2id$v=19$m=1,t=1,p=1$AAAAAAAAAAA$AAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, phc string) {
		h, err := parseHash(phc)
		if err != nil {
			return
		}
		if h.String() != phc || h.memory > maxMemory || h.passes > maxPasses || h.threads > maxThreads || h.memory*h.passes*uint32(h.threads) == 0 {
			t.Errorf("%q became %+v", phc, h)
		}
	})
}

func FuzzTokenID(f *testing.F) {
	f.Add("selene_0123456789ab_" + randomSecret())
	f.Add("selene__")
	f.Fuzz(func(t *testing.T, token string) {
		if id, ok := tokenID(token); ok && (!tokenIDRule.MatchString(id) || len(token) != 63) {
			t.Errorf("%q has the id %q", token, id)
		}
	})
}

func TestPasswordRules(t *testing.T) {
	for password, ok := range map[string]bool{
		"":                                  false,
		"eleven char":                       false,
		"twelve chars":                      true,
		"zwölf Zeichen":                     true,
		"aaaaaaaaaaaaaaaa":                  false,
		"Administrator":                     false,
		strings.Repeat("ab", maxPassword):   false,
		strings.Repeat("ab", maxPassword/2): false,
		strings.Repeat("a", 100) + "rv2n":   false,
		"a password for tests":              true,
		"rv2ncxsmsmk8":                      true,
		"жёлтый трактор у реки":        true,
		"Password123456!":              false,
		"P@ssw0rd2026":                 false,
		"password1234":                 false,
		"qwertyuiop12":                 false,
		"123456789012":                 false,
		"zaq12wsxcde3":                 false,
		"Selene-Admin-2026":            false,
		"administrator2026!":           false,
		"correct horse battery staple": false,
		"йцукенгшщзхъ":                 false,
		"Пароль123456":                 false,
		"gfhjkm123456":                 false,
		"letmein12345\xff":             false,
	} {
		if err := checkPassword("administrator", password); (err == nil) != ok || err != nil && !errors.Is(err, ErrInvalid) {
			t.Errorf("%.20q: %v", password, err)
		}
	}
	if a, b := generatePassword(), generatePassword(); a == b || checkPassword("admin", a) != nil || len(a) != 24 {
		t.Errorf("drawn: %q, %q", a, b)
	}
}

// Rating takes a bounded time, also of what is made to match often.
func TestRatingIsBounded(t *testing.T) {
	for _, password := range []string{strings.Repeat("a1", 512), strings.Repeat("password", 128), strings.Repeat("p4$$", 256), strings.Repeat("2004", 250)} {
		if err := checkPassword("u", password); !errors.Is(err, ErrInvalid) {
			t.Errorf("%.20q: %v", password, err)
		}
	}
}

// Memory is bounded: two hashes at once, few that wait, and the rest is refused.
func TestHashingIsBounded(t *testing.T) {
	h := newHasher()
	ctx, cancel := context.WithCancel(context.Background())
	release, running, done := make(chan struct{}), make(chan struct{}), make(chan error, hashesWait)
	work := func() {
		running <- struct{}{}
		<-release
	}
	for range hashesWait {
		h.waitingRoom(t, func() { done <- h.do(ctx, work) })
	}
	for range hashesAtOnce {
		<-running
	}
	select {
	case <-running:
		t.Error("one too many is at work")
	default:
	}
	if err := h.do(ctx, work); !errors.Is(err, ErrBusy) {
		t.Errorf("got %v", err)
	}
	cancel() // who waits goes away
	for range hashesWait - hashesAtOnce {
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	}
	close(release)
	for range hashesAtOnce {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if err := h.do(context.Background(), func() {}); err != nil {
		t.Error(err)
	}
}

// waitingRoom starts work and returns when it waits, or is under way.
func (h *hasher) waitingRoom(t *testing.T, work func()) {
	t.Helper()
	before := len(h.waiting)
	go work()
	streamstest.Eventually(t, func() error {
		if len(h.waiting) == before {
			return errors.New("it does not come in")
		}
		return nil
	})
}
