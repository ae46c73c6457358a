// Package links makes and checks addresses of files that need no login: they are signed and expire. The key is derived from the master
// key, which every process of an installation has.
package links

import (
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// The parameters of a signed address.
const (
	ParamExpires   = "expires" // Unix time, in seconds
	ParamSignature = "signature"
)

// ErrWrong is returned for an address whose signature is wrong, and ErrExpired for one that is too old.
var (
	ErrWrong   = errors.New("the signature of the link is wrong")
	ErrExpired = errors.New("the link has expired")
)

// purpose separates these signatures from all others by the same key.
const purpose = "links"

// Links are the addresses of the files of one installation. They are safe for concurrent use.
type Links struct {
	keys *streams.Keys
	base string
}

// New returns the links of an installation. base is its address, such as https://selene.example; empty makes links relative to it.
func New(conn *streams.Conn, base string) *Links {
	return &Links{conn.Keys(), strings.TrimRight(base, "/")}
}

// Video returns the address of the video of a session, for ttl from now. With a ttl of 0 it is not signed, and needs a token.
func (l *Links) Video(session string, ttl time.Duration) (string, error) {
	return l.to(ttl, "v1", "sessions", session, "video")
}

// Export returns the address of a file of an export, as Video does.
func (l *Links) Export(job, file string, ttl time.Duration) (string, error) {
	return l.to(ttl, "v1", "exports", job, "files", file)
}

// Fill sets the addresses of the files of an export.
func (l *Links) Fill(e *schemas.Export, ttl time.Duration) (err error) {
	for i := range e.Files {
		if e.Files[i].URL, err = l.Export(e.ID, e.Files[i].Name, ttl); err != nil {
			return err
		}
	}
	return nil
}

func (l *Links) to(ttl time.Duration, steps ...string) (string, error) {
	path, escaped := "", ""
	for _, step := range steps {
		path, escaped = path+"/"+step, escaped+"/"+url.PathEscape(step)
	}
	if ttl <= 0 {
		return l.base + escaped, nil
	}
	expires := strconv.FormatInt(time.Now().Add(ttl).Unix(), 10)
	macs, err := l.keys.Authenticate(purpose, text(path, expires))
	if err != nil {
		return "", fmt.Errorf("sign the link %s: %w", path, err)
	}
	signature := base64.RawURLEncoding.EncodeToString(macs[0])
	return l.base + escaped + "?" + ParamExpires + "=" + expires + "&" + ParamSignature + "=" + signature, nil
}

// Check returns nil for a signed path that has not expired at a time. path is decoded.
func (l *Links) Check(path string, parameters url.Values, now time.Time) error {
	expires := parameters.Get(ParamExpires)
	signature, err := base64.RawURLEncoding.DecodeString(parameters.Get(ParamSignature))
	if err != nil {
		return ErrWrong
	}
	macs, err := l.keys.Authenticate(purpose, text(path, expires))
	if err != nil {
		return err
	}
	right := false
	for _, mac := range macs {
		right = right || hmac.Equal(mac, signature)
	}
	if !right {
		return ErrWrong
	}
	if until, err := strconv.ParseInt(expires, 10, 64); err != nil || now.Unix() >= until {
		return ErrExpired
	}
	return nil
}

// text is what is signed. Neither of its parts can be continued by the other: times have no line breaks.
func text(path, expires string) string { return expires + "\n" + path }
