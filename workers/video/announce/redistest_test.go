package announce

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/selene-liveness/selene/streams/streamstest"
)

// server is a redis-server for one test, on loopback.
type server struct {
	t    *testing.T
	port int
	dir  string
	args []string
	cli  []string // options of redis-cli
	run  *exec.Cmd
}

// redisServer prepares a server with these options; start runs it.
func redisServer(t *testing.T, args ...string) *server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		t.Skip("no redis-server: deploy/setup/system.sh build test installs it")
	}
	return &server{t: t, port: freePort(t), dir: t.TempDir(), args: args}
}

// freePort returns a port that is free, as is the one 10000 above it, which the nodes of a cluster use.
func freePort(t *testing.T) int {
	t.Helper()
	for range 100 {
		a, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		a.Close()
		port := a.Addr().(*net.TCPAddr).Port
		if b, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port+10000)); err == nil {
			b.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}

func (s *server) start() *server {
	s.t.Helper()
	args := []string{"--bind", "127.0.0.1", "--dir", s.dir, "--save", "", "--daemonize", "no"}
	if !strings.Contains(strings.Join(s.args, " "), "--tls-port") {
		args = append(args, "--port", strconv.Itoa(s.port))
	}
	s.launch(append(args, s.args...)...)
	return s
}

func (s *server) launch(args ...string) {
	s.t.Helper()
	out, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	s.run = exec.Command("redis-server", args...)
	s.run.Stdout, s.run.Stderr = out, out
	if err := s.run.Start(); err != nil {
		s.t.Fatal(err)
	}
	out.Close()
	s.t.Cleanup(s.stop)
	streamstest.Eventually(s.t, func() error {
		said, err := s.try("PING")
		if err != nil || said != "PONG" {
			log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			return errors.Join(err, fmt.Errorf("%q\n%s", said, log))
		}
		return nil
	})
}

// stop kills the server, as a crash would.
func (s *server) stop() {
	if s.run != nil {
		s.run.Process.Kill()
		s.run.Wait()
		s.run = nil
	}
}

func (s *server) try(command ...string) (string, error) {
	args := append([]string{"-p", strconv.Itoa(s.port), "--raw"}, s.cli...)
	out, err := exec.Command("redis-cli", append(args, command...)...).Output()
	return strings.TrimSpace(string(out)), err
}

// do returns the server's reply to a command.
func (s *server) do(command ...string) string {
	s.t.Helper()
	said, err := s.try(command...)
	if err != nil {
		s.t.Fatalf("redis-cli %v: %v %s", command, err, said)
	}
	return said
}

// wants waits until a command returns the wanted reply.
func (s *server) wants(want string, command ...string) {
	s.t.Helper()
	streamstest.Eventually(s.t, func() error {
		got, err := s.try(command...)
		if err == nil && got != want {
			err = fmt.Errorf("%v: got %q, want %q", command, got, want)
		}
		return err
	})
}

// testCA is a certificate authority that this process trusts.
var testCA struct {
	file        string
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// TestMain creates the authority before the trusted ones are read, which happens once.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "announce-")
	if err != nil {
		panic(err)
	}
	testCA.file = filepath.Join(dir, "ca.pem")
	testCA.certificate, testCA.key = certificate(testCA.file, filepath.Join(dir, "ca.key"), nil, nil)
	os.Setenv("SSL_CERT_FILE", testCA.file)
	os.Setenv("SSL_CERT_DIR", dir)
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// certificate returns one for 127.0.0.1, signed by the given one, or an authority.
func certificate(file, keyFile string, by *x509.Certificate, byKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	check := func(err error) {
		if err != nil {
			panic(err)
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	about := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: filepath.Base(file)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	if by == nil {
		about.IsCA, about.BasicConstraintsValid, about.KeyUsage = true, true, x509.KeyUsageCertSign
		by, byKey = about, key
	}
	der, err := x509.CreateCertificate(rand.Reader, about, by, &key.PublicKey, byKey)
	check(err)
	made, err := x509.ParseCertificate(der)
	check(err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	check(err)
	check(os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	check(os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), 0o600))
	return made, key
}
