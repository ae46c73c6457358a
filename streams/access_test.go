package streams_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// authority signs certificates.
type authority struct {
	t    *testing.T
	dir  string
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	File string // its own certificate
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	a := &authority{t: t, dir: t.TempDir()}
	a.cert, a.key, a.File = a.issue(name, &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	return a
}

// issue returns a certificate that the authority has signed, or itself if it has none yet, and writes both of its files.
func (a *authority) issue(name string, c *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey, string) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	c.SerialNumber, c.Subject = big.NewInt(time.Now().UnixNano()), pkix.Name{CommonName: name}
	c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	file := filepath.Join(a.dir, name+".pem")
	for path, block := range map[string]*pem.Block{file: {Type: "CERTIFICATE", Bytes: der}, file + ".key": {Type: "EC PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			a.t.Fatal(err)
		}
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return made, key, file
}

// of returns the TLS files of a process, with those that it trusts.
func (a *authority) of(name, trusts string) streams.TLS {
	_, _, file := a.issue(name, &x509.Certificate{
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	})
	return streams.TLS{CA: trusts, Cert: file, Key: file + ".key"}
}

// guarded runs a broker that listens, with credentials, and has its streams.
func guarded(t *testing.T, secure streams.TLS) (url, credentials string) {
	t.Helper()
	credentials = filepath.Join(t.TempDir(), "nats")
	b, err := streams.NewBroker(streams.BrokerOptions{
		Dir: t.TempDir(), Addr: "127.0.0.1:0", Credentials: credentials, Plugins: []string{"hats"}, TLS: secure,
	})
	if err != nil {
		t.Fatal(err)
	}
	streamstest.Go(t, b.Run)
	if err := b.WaitReady(streamstest.Context(t)); err != nil {
		t.Fatal(err)
	}
	streamstest.Connect(t, b) // in this process, which creates the streams
	return b.URL(), credentials
}

func dial(ctx context.Context, url, credentials, role string, secure streams.TLS) error {
	c, err := streams.Connect(ctx, streams.Options{
		URL: url, Name: role, Credentials: credentials, Role: role, TLS: secure, Master: streamstest.Master(),
	})
	if err == nil {
		defer c.Close()
		err = c.Ready(ctx)
	}
	return err
}

// A broker that listens lets no program in without the credentials of a role, not even on this machine.
func TestNobodyConnectsWithoutCredentials(t *testing.T) {
	ctx := streamstest.Context(t)
	url, credentials := guarded(t, streams.TLS{})
	if err := dial(ctx, url, credentials, "edge", streams.TLS{}); err != nil {
		t.Errorf("as edge: %v", err)
	}
	if err := dial(ctx, url, "", "edge", streams.TLS{}); err == nil || !strings.Contains(err.Error(), "SELENE_NATS_CREDENTIALS") {
		t.Errorf("without credentials: %v", err)
	}
	other := filepath.Join(t.TempDir(), "nats")
	if _, err := streams.EnsureCredentials(other, streams.Roles()); err != nil {
		t.Fatal(err)
	}
	if err := dial(ctx, url, other, "edge", streams.TLS{}); err == nil {
		t.Error("with credentials of another broker: connected")
	}
	info, err := os.Stat(streams.CredentialsFile(credentials, "edge"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the credentials: %v, %v", info.Mode(), err)
	}
}

func TestBrokerOverTLS(t *testing.T) {
	ctx := streamstest.Context(t)
	ours, theirs := newAuthority(t, "ours"), newAuthority(t, "theirs")
	t.Run("one side", func(t *testing.T) {
		secure := ours.of("broker", "")
		url, credentials := guarded(t, secure)
		if err := dial(ctx, url, credentials, "edge", streams.TLS{CA: ours.File}); err != nil {
			t.Errorf("a client that trusts the authority: %v", err)
		}
		if err := dial(ctx, url, credentials, "edge", streams.TLS{CA: theirs.File}); err == nil {
			t.Error("a client that trusts another authority connects")
		}
		if err := dial(ctx, url, credentials, "edge", streams.TLS{}); err == nil {
			t.Error("a client that trusts none connects")
		}
	})
	t.Run("both sides", func(t *testing.T) {
		url, credentials := guarded(t, ours.of("broker", ours.File))
		if err := dial(ctx, url, credentials, "edge", ours.of("edge", ours.File)); err != nil {
			t.Errorf("a client with a certificate: %v", err)
		}
		if err := dial(ctx, url, credentials, "edge", streams.TLS{CA: ours.File}); err == nil {
			t.Error("a client without a certificate connects")
		}
		if err := dial(ctx, url, credentials, "edge", theirs.of("edge", ours.File)); err == nil {
			t.Error("a client with a certificate of another authority connects")
		}
	})
}
