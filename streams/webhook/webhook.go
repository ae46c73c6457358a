// Package webhook posts JSON to addresses that users configure, signed if there is a secret.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// HeaderSignature is the header with the signature of the body. See Sign.
const HeaderSignature = "Selene-Signature"

// drained is the number of bytes of an answer that are read, so that the connection can be used again.
const drained = 1 << 16

// Sender posts to addresses. It is safe for concurrent use.
type Sender struct {
	secret string
	client *http.Client
}

// New returns a sender to addresses that users configure. It signs with secret, unless it is empty, and waits for an answer until the
// timeout. It reaches public addresses and those in the networks, whatever their names, and connects directly, without a proxy.
func New(secret string, timeout time.Duration, private Networks) *Sender {
	return newSender(secret, timeout, private.transport())
}

// Trusted returns a sender like that of New for an address that the operator configures: it reaches every address, and uses the proxy
// of the environment.
func Trusted(secret string, timeout time.Duration) *Sender { return newSender(secret, timeout, nil) }

func newSender(secret string, timeout time.Duration, transport http.RoundTripper) *Sender {
	return &Sender{secret, &http.Client{
		Transport: transport, Timeout: timeout,
		// Do not send the body on to an address that the user did not configure.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Close closes idle connections.
func (s *Sender) Close() { s.client.CloseIdleConnections() }

// Check returns an error unless address is an HTTP URL. The error does not quote it.
func Check(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return errors.New("must be a URL that begins with http:// or https://")
	}
	return nil
}

// Target returns the address without the parts that may be secret: user, password, query.
func Target(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "unreadable URL"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// Post sends body, which must be JSON, and returns the status of the answer, such as "204 No Content". If the status is not
// 2xx, it returns an error with the status. Neither quotes the answer, whose text may belong into no log, nor parts of the address that
// may be secret.
func (s *Sender) Post(ctx context.Context, address string, body []byte) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return "", fmt.Errorf("post to %s", Target(address)) // the reason may quote a password
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "selene")
	if s.secret != "" {
		request.Header.Set(HeaderSignature, Sign(s.secret, time.Now(), body))
	}
	answer, err := s.client.Do(request)
	if err != nil {
		return "", fmt.Errorf("post to %s: %w", Target(address), reason(err))
	}
	defer answer.Body.Close()
	_, _ = io.CopyN(io.Discard, answer.Body, drained) // the status is all that counts
	status := strings.TrimSpace(strconv.Itoa(answer.StatusCode) + " " + http.StatusText(answer.StatusCode))
	if answer.StatusCode/100 != 2 {
		return "", fmt.Errorf("%s answered %s", Target(address), status)
	}
	return status, nil
}

// Sign returns the value of HeaderSignature: t=SECONDS,v1=HEX, where HEX is the HMAC-SHA256 of "SECONDS.BODY" with secret.
// With the seconds since 1970 a receiver can refuse old requests.
func Sign(secret string, at time.Time, body []byte) string {
	seconds := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(seconds + "."))
	mac.Write(body)
	return "t=" + seconds + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}
