package recording

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/golang-jwt/jwt/v5"
)

// ErrUnsigned is returned for an unchanged bundle whose signature was not made by a known key.
var ErrUnsigned = errors.New("recording: not signed by a known key")

// Verify checks every byte: each entry against the chain, the chain against its head, and the head against the signature.
// keys returns the public key with an ID, or nil if it is unknown. Verify returns an *Error for a bundle that was changed,
// and an error that wraps ErrUnsigned for an unchanged one that was signed with an unknown key.
func (b *Bundle) Verify(keys func(id string) ed25519.PublicKey) error {
	links := 0
	link := firstLink
	for line, err := range b.lines(chainFile) {
		if err != nil {
			return err
		}
		var l Link
		if err := json.Unmarshal(line, &l); err != nil {
			return problem(chainFile, "line %d: %v", links+1, err)
		}
		if links >= len(b.order) || b.order[links] != l.Name {
			return problem(l.Name, "is not at the place that the chain states")
		}
		size, sum, err := b.digest(l.Name)
		if err != nil {
			return err
		}
		if size != l.Size || sum != l.SHA256 {
			return problem(l.Name, "was changed: it has %d bytes and SHA-256 %s, the chain states %d and %s", size, sum, l.Size, l.SHA256)
		}
		if link = nextLink(link, l.Name, sum); link != l.Link {
			return problem(chainFile, "line %d does not follow from the previous line", links+1)
		}
		links++
	}
	// The chain and its signature come last.
	if rest := b.order[min(links, len(b.order)):]; len(rest) != 2 || rest[0] != chainFile || rest[1] != signatureFile {
		return problem(chainFile, "does not cover every entry")
	}
	return b.verifyHead(Head{Session: b.About.Session, Head: link, Entries: links}, keys)
}

func (b *Bundle) digest(name string) (int64, string, error) {
	r, err := b.reader(name)
	if err != nil {
		return 0, "", err
	}
	sum := sha256.New()
	size, err := io.Copy(sum, r)
	if err != nil {
		return 0, "", problem(name, "is truncated: %v", err)
	}
	return size, hex.EncodeToString(sum.Sum(nil)), nil
}

// claims is the signed content. It never expires.
type claims struct{ Head }

func (claims) GetExpirationTime() (*jwt.NumericDate, error) { return nil, nil }
func (claims) GetIssuedAt() (*jwt.NumericDate, error)       { return nil, nil }
func (claims) GetNotBefore() (*jwt.NumericDate, error)      { return nil, nil }
func (claims) GetIssuer() (string, error)                   { return "", nil }
func (claims) GetSubject() (string, error)                  { return "", nil }
func (claims) GetAudience() (jwt.ClaimStrings, error)       { return nil, nil }

func (b *Bundle) verifyHead(want Head, keys func(id string) ed25519.PublicKey) error {
	text, err := b.small(signatureFile)
	if err != nil {
		return err
	}
	id := ""
	var signed claims
	_, err = jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithoutClaimsValidation()).ParseWithClaims(
		string(text), &signed, func(t *jwt.Token) (any, error) {
			id, _ = t.Header["kid"].(string)
			key := keys(id)
			if key == nil {
				return nil, ErrUnsigned
			}
			return key, nil
		})
	switch {
	case errors.Is(err, ErrUnsigned):
		return fmt.Errorf("%w: key %.80q", ErrUnsigned, id)
	case err != nil:
		return problem(signatureFile, "%v", err)
	case signed.Session != want.Session || signed.Head.Head != want.Head || signed.Entries != want.Entries:
		return problem(signatureFile, "belongs to another recording")
	}
	return nil
}
