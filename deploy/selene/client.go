package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/spf13/cobra"
)

// clientFlags are those of commands that talk to a running installation over REST.
func (p *process) clientFlags(c *cobra.Command) {
	f := c.PersistentFlags()
	f.StringVar(&p.URL, "url", p.URL, "the installation (SELENE_URL)")
	f.StringVar(&p.AdminToken, "token", p.AdminToken, "its admin token (SELENE_ADMIN_TOKEN)")
	f.StringVar(&p.Data, "data", p.Data, "data folder in which a token generated on this machine is looked up (SELENE_DATA)")
}

// call sends a request to the installation and returns the answer's body, which the caller closes. An answer other than
// 2xx is an error with the installation's own words.
func (p *process) call(ctx context.Context, method, path string, body []byte) (io.ReadCloser, error) {
	if body == nil {
		return p.send(ctx, method, path, "", nil)
	}
	return p.send(ctx, method, path, "application/json", bytes.NewReader(body))
}

// send is call with a body of any kind and size.
func (p *process) send(ctx context.Context, method, path, mediaType string, body io.Reader) (io.ReadCloser, error) {
	token, err := p.adminToken()
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(p.URL, "/")+path, body)
	if err != nil {
		return nil, fmt.Errorf("address of the installation: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	if mediaType != "" {
		r.Header.Set("Content-Type", mediaType)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, fmt.Errorf("no installation answers at %s (--url or SELENE_URL names it): %w", p.URL, err)
	}
	if answer.StatusCode/100 == 2 {
		return answer.Body, nil
	}
	defer answer.Body.Close()
	var problem struct{ Title, Detail string }
	text, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if err != nil || json.Unmarshal(text, &problem) != nil || problem.Title == "" {
		return nil, fmt.Errorf("%s %s: %s", method, path, answer.Status)
	}
	return nil, errors.New(strings.TrimSuffix(problem.Title+": "+problem.Detail, ": "))
}

// show prints the answer to a request as the installation wrote it.
func (p *process) show(c *cobra.Command, method, path string, body []byte) error {
	answer, err := p.call(c.Context(), method, path, body)
	if err != nil {
		return err
	}
	defer answer.Close()
	text, err := io.ReadAll(answer)
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	if text = bytes.TrimSpace(text); len(text) > 0 {
		fmt.Fprintf(c.OutOrStdout(), "%s\n", text)
	}
	return nil
}
