// Package rest is a client of an installation's REST API, as the commands use it.
package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
)

// Client sends requests to one installation. It is safe for concurrent use.
type Client struct {
	URL       string // of the installation, such as http://127.0.0.1:8321
	Token     string // admin token or API token; empty = read TokenFile
	TokenFile string // where an edge on this machine keeps the admin token that it generated
}

// Refused is the answer of an installation that did not carry out a request.
type Refused struct {
	Status int    // HTTP status
	Detail string // the installation's own sentence, empty when it sent none
	Fields []Field
}

// Field is a value of the request that was wrong.
type Field struct {
	Path   string // dotted, such as thresholds.blur; empty for the document as a whole
	Detail string // what is allowed
}

func (r *Refused) Error() string {
	var out strings.Builder
	switch {
	case len(r.Fields) > 0:
		for i, f := range r.Fields {
			if i > 0 {
				out.WriteString("; ")
			}
			out.WriteString(strings.TrimPrefix(f.Path+": "+f.Detail, ": "))
		}
	case r.Detail != "":
		out.WriteString(r.Detail)
	default:
		fmt.Fprintf(&out, "the installation answered %d %s", r.Status, http.StatusText(r.Status))
	}
	switch r.Status {
	case http.StatusUnauthorized:
		out.WriteString(" (SELENE_ADMIN_TOKEN or --token sets the token)")
	case http.StatusForbidden:
		out.WriteString(" (the token does not have this permission)")
	}
	return out.String()
}

// Open sends a GET request and returns the body, which the caller closes. An answer other than 2xx is a *Refused.
func (c *Client) Open(ctx context.Context, path string) (io.ReadCloser, error) {
	return c.send(ctx, http.MethodGet, path, "", nil)
}

// Get decodes what the installation has at a path.
func (c *Client) Get(ctx context.Context, path string, into any) error {
	return c.Call(ctx, http.MethodGet, path, nil, into)
}

// Call sends a request with a JSON document, or without a body when that is nil, and decodes the answer.
func (c *Client) Call(ctx context.Context, method, path string, document []byte, into any) error {
	var body io.Reader
	mediaType := ""
	if document != nil {
		body, mediaType = bytes.NewReader(document), "application/json"
	}
	answer, err := c.send(ctx, method, path, mediaType, body)
	if err != nil {
		return err
	}
	defer answer.Close()
	return decode(answer, into)
}

// Upload posts a body of any size and decodes the answer.
func (c *Client) Upload(ctx context.Context, path string, body io.Reader, into any) error {
	answer, err := c.send(ctx, http.MethodPost, path, "application/octet-stream", body)
	if err != nil {
		return err
	}
	defer answer.Close()
	return decode(answer, into)
}

// decode reads JSON. A *json.RawMessage stays empty when there is no answer to decode.
func decode(answer io.Reader, into any) error {
	err := json.NewDecoder(answer).Decode(into)
	if _, raw := into.(*json.RawMessage); raw && errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the installation's answer: %w", err)
	}
	return nil
}

func (c *Client) send(ctx context.Context, method, path, mediaType string, body io.Reader) (io.ReadCloser, error) {
	token, err := c.token()
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.URL, "/")+path, body)
	if err != nil {
		return nil, fmt.Errorf("address of the installation (--url or SELENE_URL): %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if mediaType != "" {
		r.Header.Set("Content-Type", mediaType)
	}
	answer, err := http.DefaultClient.Do(r)
	if ctx.Err() != nil && err != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("no installation answers at %s (--url or SELENE_URL sets the address): %w", c.URL, withoutRequest(err))
	}
	if answer.StatusCode/100 == 2 {
		return answer.Body, nil
	}
	defer answer.Body.Close()
	return nil, refused(answer)
}

// withoutRequest removes the method and address that net/http puts before an error.
func withoutRequest(err error) error {
	var inner *url.Error
	if errors.As(err, &inner) {
		return inner.Err
	}
	return err
}

func refused(answer *http.Response) error {
	r := &Refused{Status: answer.StatusCode}
	var problem struct {
		Detail string
		Errors []Field
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if err == nil && json.Unmarshal(text, &problem) == nil {
		r.Detail, r.Fields = problem.Detail, problem.Errors
	}
	return r
}

func (c *Client) token() (string, error) {
	if c.Token != "" {
		return c.Token, nil
	}
	kept, err := os.ReadFile(c.TokenFile)
	if err != nil {
		return "", fmt.Errorf(
			"no admin token: set SELENE_ADMIN_TOKEN or --token (an edge on this machine keeps a generated one in %s, which cannot be read)",
			c.TokenFile,
		)
	}
	return strings.TrimSpace(string(kept)), nil
}

// Fetch returns a public document of at most limit bytes from any server.
func Fetch(ctx context.Context, address string, limit int64) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s", address, answer.Status)
	}
	return io.ReadAll(io.LimitReader(answer.Body, limit))
}

// Query returns a query string of names and values in turn; those with an empty value are left out.
func Query(pairs ...string) string {
	v := url.Values{}
	for n := 0; n+1 < len(pairs); n += 2 {
		if pairs[n+1] != "" {
			v.Set(pairs[n], pairs[n+1])
		}
	}
	if len(v) == 0 {
		return ""
	}
	return "?" + v.Encode()
}
