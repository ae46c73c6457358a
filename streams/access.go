package streams

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	"github.com/nats-io/nats.go"
)

// TLS is the configuration of encrypted connections to the broker. Zero is none.
type TLS struct {
	CA   string `envconfig:"CA" desc:"file with the certificates (PEM) that the broker's must be signed by; for a broker, those that its clients' must be signed by"`
	Cert string `envconfig:"CERT" desc:"file with the certificate (PEM) of this process: a broker needs one for TLS, a client if the broker asks for one"`
	Key  string `envconfig:"KEY" desc:"file with the private key (PEM) of the certificate"`
}

// config returns nil without TLS.
func (t TLS) config() (*tls.Config, error) {
	if t == (TLS{}) {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if t.CA != "" {
		pem, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, fmt.Errorf("SELENE_NATS_TLS_CA: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("SELENE_NATS_TLS_CA: %s holds no certificate in PEM", t.CA)
		}
	}
	if t.Cert == "" && t.Key == "" {
		return c, nil
	}
	own, err := tls.LoadX509KeyPair(t.Cert, t.Key)
	if err != nil {
		return nil, fmt.Errorf("SELENE_NATS_TLS_CERT and SELENE_NATS_TLS_KEY: %w", err)
	}
	c.Certificates = []tls.Certificate{own}
	return c, nil
}

// serverConfig returns nil without TLS. With CA, clients must have a certificate, too.
func (t TLS) serverConfig() (*tls.Config, error) {
	c, err := t.config()
	if c == nil || err != nil {
		return nil, err
	}
	if len(c.Certificates) == 0 {
		return nil, errors.New("a broker needs SELENE_NATS_TLS_CERT and SELENE_NATS_TLS_KEY for TLS, not SELENE_NATS_TLS_CA alone")
	}
	if c.RootCAs != nil {
		c.ClientCAs, c.RootCAs, c.ClientAuth = c.RootCAs, nil, tls.RequireAndVerifyClientCert
	}
	return c, nil
}

// checkOpen returns an error for a broker on another machine that lets anybody in: whoever reaches it reads every face.
func checkOpen(nc *nats.Conn) error {
	host, _, err := net.SplitHostPort(nc.ConnectedAddr())
	if err != nil || nc.AuthRequired() {
		return nil //nolint:nilerr // a connection in this process has no address
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf(
		"the broker at %s lets anybody in, and is not on this machine: give it users (`selene broker credentials`, deploy/nats), and set SELENE_NATS_CREDENTIALS",
		nc.ConnectedAddr(),
	)
}

// options returns those of the connection that o describes, and finds its role.
func (c *Conn) options(ctx context.Context, o Options) ([]nats.Option, error) {
	opts := connectionOptions(o.Name)
	if o.Broker != nil {
		if err := o.Broker.WaitReady(ctx); err != nil {
			return nil, err
		}
		own, err := o.Broker.connection()
		return append(opts, own...), err
	}
	secure, err := o.TLS.config()
	if err != nil {
		return nil, err
	}
	if secure != nil {
		opts = append(opts, nats.Secure(secure))
	}
	if o.Credentials == "" {
		return opts, nil
	}
	file := o.Credentials
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		file = CredentialsFile(file, o.Role)
	}
	own, err := readCredentials(file)
	if err != nil {
		return nil, err
	}
	if c.role, err = RoleOf(own.role); err != nil {
		return nil, err
	}
	key, err := credentialOptions(file, own.role)
	return append(opts, key...), err
}

// whyNot explains a connection that failed.
func whyNot(url string, err error) error {
	hint := "is nats-server running there? set SELENE_NATS_URL to its address"
	switch {
	case errors.Is(err, nats.ErrAuthorization):
		hint = "it wants the credentials of a role: set SELENE_NATS_CREDENTIALS to the folder or file with them, or use the --data of the process that made them"
	case errors.Is(err, nats.ErrNkeysNotSupported):
		hint = "it knows no users: give it those of deploy/nats, or unset SELENE_NATS_CREDENTIALS"
	case errors.Is(err, nats.ErrSecureConnRequired), errors.Is(err, nats.ErrSecureConnWanted):
		hint = "one of the two sides does not use TLS: set SELENE_NATS_TLS_CA, and SELENE_NATS_TLS_CERT and _KEY where they are asked for"
	}
	return fmt.Errorf("connect to the broker at %s: %w (%s)", withoutPassword(url), err, hint)
}

// withoutPassword hides the passwords of URLs that are separated by commas.
func withoutPassword(urls string) string {
	all := strings.Split(urls, ",")
	for i, one := range all {
		if u, err := url.Parse(one); err == nil {
			all[i] = u.Redacted()
		}
	}
	return strings.Join(all, ",")
}
