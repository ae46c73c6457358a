package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

const (
	dialTime   = 10 * time.Second
	mostHeader = 64 << 10 // bytes of an answer's header
)

// transport connects directly, without a proxy, which would resolve names itself. It checks the address after a name was resolved
// and right before it is connected to, so that a name cannot change in between.
func (n Networks) transport() *http.Transport {
	dialer := &net.Dialer{Timeout: dialTime, Control: n.control}
	return &http.Transport{
		DialContext: dialer.DialContext, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute,
		TLSHandshakeTimeout: dialTime, MaxResponseHeaderBytes: mostHeader,
	}
}

func (n Networks) control(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("address %s: %w", address, err)
	}
	if !n.allow(at.Addr()) {
		return fmt.Errorf("%s is not a public address, nor in SELENE_WEBHOOKS_ALLOW", at.Addr())
	}
	return nil
}

// reason returns why no HTTP answer came, without quoting what the other side sent, which may be no web server at all.
func reason(err error) error {
	var (
		outer       *url.Error // which quotes the address
		network     net.Error
		certificate *tls.CertificateVerificationError
		record      tls.RecordHeaderError
	)
	if errors.As(err, &outer) {
		err = outer.Err
	}
	if errors.As(err, &network) || errors.As(err, &certificate) || errors.As(err, &record) || errors.Is(err, context.Canceled) ||
		errors.Is(err, http.ErrSchemeMismatch) || errors.Is(err, io.EOF) {
		return err
	}
	return errors.New("the answer is not one of a web server")
}
