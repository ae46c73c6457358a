package main

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/selene-liveness/selene/deploy/tools/rest"
	"github.com/selene-liveness/selene/streams/recording"
)

func sessionsVerify(e *environment) *cobra.Command {
	var keys, token string
	c := &cobra.Command{
		Use: "verify FILE|SESSION", Short: "Verify that the evidence of a session is unchanged and complete, and whose key signed it",
		Long: `Verifies a recording in a file, or what the installation has of a session: that no byte of its frames, verdicts and
decisions was changed, removed or added since they were made, and that a key of the installation signed them. With
--token-file, also that a token is signed by it and stands for just this evidence.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) (err error) {
			if keys == "" {
				keys = strings.TrimSuffix(e.api.Client, "/") + "/.well-known/jwks.json"
			}
			known, err := loadKeys(c, keys)
			if err != nil {
				return err
			}
			b, err := evidenceOf(c, e.rest(), args[0])
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, b.Close()) }()
			if err := b.Verify(known.evidence); err != nil {
				return err
			}
			if token != "" {
				if err := known.verifyToken(token, b); err != nil {
					return err
				}
			}
			fmt.Fprintf(
				c.OutOrStdout(),
				"session %s, %s, %d frames: unchanged, and signed by a key of %s; %s\n",
				b.About.Session,
				b.About.Outcome,
				len(b.Frames),
				keys,
				sealed(b),
			)
			return nil
		},
	}
	c.Flags().StringVar(&keys, "jwks", "", "URL or file of the JSON Web Key Set of the installation that signed it; empty = that of --url")
	c.Flags().StringVar(&token, "token-file", "", "file with the token of the session, which has to stand for this evidence")
	return c
}

// sealed says since when the evidence is complete.
func sealed(b *recording.Bundle) string {
	switch {
	case !b.Sealed.IsZero():
		return "sealed at " + b.Sealed.Format(time.RFC3339)
	case b.Unlinked > 0:
		return "made by a version that did not seal"
	}
	return "not sealed yet"
}

// evidenceOf opens a recording: a file, or what the installation has of a session.
func evidenceOf(c *cobra.Command, from *rest.Client, name string) (*recording.Bundle, error) {
	if _, err := os.Stat(name); err == nil || uuid.Validate(name) != nil {
		return recording.Open(name)
	}
	answer, err := from.Open(c.Context(), "/v1/sessions/"+url.PathEscape(name)+"/recording")
	if err != nil {
		return nil, err
	}
	defer answer.Close()
	return recording.Receive(answer, recording.MaxBytes)
}

// keySet is the public keys of an installation, by key ID.
type keySet map[string]any

func (k keySet) evidence(id string) ed25519.PublicKey {
	key, _ := k[id].(ed25519.PublicKey)
	return key
}

// verifyToken checks that a token was signed by one of the keys, and that its chain is that of the recording's decisions.
func (k keySet) verifyToken(file string, b *recording.Bundle) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read the token: %w", err)
	}
	claims := jwt.MapClaims{}
	// Whether it has expired is not the question.
	parser := jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodES256.Alg()}), jwt.WithoutClaimsValidation())
	_, err = parser.ParseWithClaims(strings.TrimSpace(string(text)), claims, func(t *jwt.Token) (any, error) {
		id, _ := t.Header["kid"].(string)
		if key, ok := k[id].(*ecdsa.PublicKey); ok {
			return key, nil
		}
		return nil, fmt.Errorf("key %.80q is not among the keys of tokens (a token signed with HS256 can only be verified with its secret)", id)
	})
	if err != nil {
		return fmt.Errorf("the token: %w", err)
	}
	chain, _ := claims["chain"].(string)
	want, err := base64.RawURLEncoding.DecodeString(chain)
	switch {
	case err != nil || claims["jti"] != b.About.Session:
		return fmt.Errorf("the token is that of session %v, not of %s", claims["jti"], b.About.Session)
	case len(want) == 0:
		return errors.New("the token has no chain: a version before chains signed it")
	case hex.EncodeToString(want) != hex.EncodeToString(b.Chain):
		return fmt.Errorf("the token stands for other evidence: its chain is %x, that of the decisions %x", want, b.Chain)
	}
	return nil
}

// maxKeys is the largest key set that is read, in bytes.
const maxKeys = 1 << 20

// loadKeys returns the keys of a JSON Web Key Set.
func loadKeys(c *cobra.Command, from string) (keySet, error) {
	var text []byte
	var err error
	if strings.HasPrefix(from, "http://") || strings.HasPrefix(from, "https://") {
		text, err = rest.Fetch(c.Context(), from, maxKeys)
	} else {
		text, err = os.ReadFile(from)
	}
	if err != nil {
		return nil, fmt.Errorf("read the keys: %w (--jwks names a URL or file)", err)
	}
	var set struct {
		Keys []struct{ Kid, Crv, X, Y string }
	}
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, fmt.Errorf("%s is not a JSON Web Key Set: %w", from, err)
	}
	known := keySet{}
	for _, k := range set.Keys {
		x, err := base64.RawURLEncoding.DecodeString(k.X)
		if err != nil {
			continue
		}
		switch k.Crv {
		case "Ed25519":
			if len(x) == ed25519.PublicKeySize {
				known[k.Kid] = ed25519.PublicKey(x)
			}
		case "P-256":
			y, err := base64.RawURLEncoding.DecodeString(k.Y)
			if err != nil {
				continue
			}
			if key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...)); err == nil {
				known[k.Kid] = key
			}
		}
	}
	return known, nil
}
