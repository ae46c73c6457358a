package modelstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

const (
	connectTimeout = 5 * time.Second
	headerTimeout  = 10 * time.Second
	stallTimeout   = 15 * time.Second
)

var errStalled = errors.New("the download stalled")

func newClient() *http.Client {
	return &http.Client{Transport: &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: connectTimeout}).DialContext,
		TLSHandshakeTimeout:   connectTimeout,
		ResponseHeaderTimeout: headerTimeout,
		ForceAttemptHTTP2:     true,
	}}
}

// fetch opens the file's address. The body ends with an error when nothing arrives for stallTimeout.
func fetch(ctx context.Context, client *http.Client, f source) (io.ReadCloser, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	hint := fmt.Errorf("cannot download %s: check the network, or name a folder with the file %s (--from)", f.URL, f.Path)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.URL, nil)
	if err != nil {
		cancel(nil)
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		cancel(nil)
		var inner *url.Error // names the address once more
		if errors.As(err, &inner) {
			err = inner.Err
		}
		return nil, fmt.Errorf("%w: %w", hint, err)
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		cancel(nil)
		return nil, fmt.Errorf("%w: the server answered %s", hint, resp.Status)
	}
	return &body{
		ReadCloser: resp.Body,
		cancel:     cancel,
		cause:      func() error { return context.Cause(ctx) },
		watchdog:   time.AfterFunc(stallTimeout, func() { cancel(errStalled) }),
		hint:       hint,
	}, nil
}

// body is a response body that fails when the server stays silent.
type body struct {
	io.ReadCloser
	cancel   context.CancelCauseFunc
	cause    func() error
	watchdog *time.Timer
	hint     error
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.watchdog.Reset(stallTimeout)
	if err != nil && !errors.Is(err, io.EOF) {
		if cause := b.cause(); cause != nil {
			err = cause
		}
		err = fmt.Errorf("%w: %w", b.hint, err)
	}
	return n, err
}

func (b *body) Close() error {
	b.watchdog.Stop()
	b.cancel(nil)
	return b.ReadCloser.Close()
}
