package account

import (
	"cmp"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/sessions"
)

// Token is an API token, without its secret. It has the rights of its scopes, as far as the user who created it has them at
// the time.
type Token struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Scopes    Rights     `json:"scopes"`
	Created   time.Time  `json:"created"`
	CreatedBy string     `json:"created_by"`
	Expires   *time.Time `json:"expires,omitempty"`
	LastUsed  *time.Time `json:"last_used,omitempty"` // to the minute
}

// storedToken is a token as stored.
type storedToken struct {
	Token
	Hash  []byte    `json:"hash"`
	Owner string    `json:"owner"`           // a user, or AdminToken
	Since time.Time `json:"since"`           // when that user was created: a later user of the same name does not own it
	Epoch string    `json:"epoch,omitempty"` // person.Tokens of that user when the token was created
}

const (
	tokenKey  = "token."
	maxTokens = 1000
	tokenBeat = time.Minute // between updates of LastUsed
)

// tokenRule matches a token: a prefix that distinguishes it from other secrets, its ID, 256 random bits.
var tokenRule = regexp.MustCompile(`^selene_([0-9a-f]{12})_[A-Za-z0-9_-]{43}$`)

func tokenID(token string) (id string, ok bool) {
	m := tokenRule.FindStringSubmatch(token)
	if m == nil {
		return "", false
	}
	return m[1], true
}

var tokenIDRule = regexp.MustCompile(`^[0-9a-f]{12}$`)

// MakeToken creates a token with scopes that the caller has. A token with an expiry can only create tokens that expire no
// later. It also returns the text of the token, which is not stored.
func (a *Accounts) MakeToken(ctx context.Context, by Caller, name string, scopes Rights, expires *time.Time) (Token, string, error) {
	name = strings.TrimSpace(name)
	if n := utf8.RuneCountInString(name); n < 1 || n > 64 || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return Token{}, "", invalid("name", "must have 1 to 64 printable characters")
	}
	scopes, err := scopes.parse("scopes")
	if err != nil {
		return Token{}, "", err
	}
	if len(scopes) == 0 {
		return Token{}, "", invalid("scopes", "must contain at least one right")
	}
	if expires != nil && !expires.After(a.now()) {
		return Token{}, "", invalid("expires", "must be in the future")
	}
	if by.until != nil && (expires == nil || expires.After(*by.until)) {
		return Token{}, "", invalid(
			"expires",
			"must not be later than "+by.until.UTC().Format(time.RFC3339)+", when the token that creates it expires",
		)
	}
	if err := by.grants(scopes, "to grant it to a token"); err != nil {
		return Token{}, "", err
	}
	have, err := a.storedTokens(ctx)
	if err != nil {
		return Token{}, "", err
	}
	if len(have) >= maxTokens {
		return Token{}, "", conflict("the limit of %d tokens is reached: delete one first", maxTokens)
	}
	id := randomHex(6)
	secret := "selene_" + id + "_" + randomSecret()
	t := storedToken{
		Token: Token{ID: id, Name: name, Scopes: scopes, Created: a.now(), CreatedBy: by.Name, Expires: expires},
		Hash:  sessions.HashSecret(secret), Owner: by.owner, Since: by.since, Epoch: by.epoch,
	}
	return t.Token, secret, a.putToken(ctx, t, 0)
}

func (a *Accounts) putToken(ctx context.Context, t storedToken, revision uint64) error {
	data, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("encode token: %w", err)
	}
	_, err = a.accounts.Update(ctx, tokenKey+t.ID, data, revision, 0)
	return err
}

// ByToken returns the caller that a token authenticates. The error is ErrUnauthenticated if the token is invalid, was deleted or
// has expired, or if its user was deleted or disabled, or their tokens have ended.
func (a *Accounts) ByToken(ctx context.Context, token string) (Caller, error) {
	refused := unauthenticated("the token is unknown or has expired")
	id, ok := tokenID(token)
	if !ok {
		return Caller{}, refused
	}
	v, err := a.accounts.Get(ctx, tokenKey+id)
	if errors.Is(err, streams.ErrNotFound) {
		return Caller{}, refused
	}
	if err != nil {
		return Caller{}, err
	}
	var t storedToken
	if err := json.Unmarshal(v.Data, &t); err != nil {
		return Caller{}, fmt.Errorf("read token %s: %w", id, err)
	}
	now := a.now()
	if subtle.ConstantTimeCompare(t.Hash, sessions.HashSecret(token)) != 1 || t.Expires != nil && !now.Before(*t.Expires) {
		return Caller{}, refused
	}
	c := Caller{Name: "token:" + id, Rights: All().both(t.Scopes), owner: t.Owner, since: t.Since, epoch: t.Epoch, until: t.Expires}
	if t.Owner != AdminToken {
		p, _, err := a.people(ctx)
		if err != nil {
			return Caller{}, err
		}
		u := p.Users[t.Owner]
		if u == nil || u.Disabled || !u.Created.Equal(t.Since) || u.Tokens != t.Epoch {
			return Caller{}, refused
		}
		c.Rights = t.Scopes.both(p.rightsOf(u.Groups))
	}
	if t.LastUsed == nil || now.Sub(*t.LastUsed) >= tokenBeat {
		t.LastUsed = &now
		if err := a.putToken(ctx, t, v.Revision); err != nil && !errors.Is(err, streams.ErrChanged) {
			return Caller{}, err
		}
	}
	return c, nil
}

// Tokens returns all tokens, newest first.
func (a *Accounts) Tokens(ctx context.Context) ([]Token, error) {
	stored, err := a.storedTokens(ctx)
	if err != nil {
		return nil, err
	}
	tokens := make([]Token, 0, len(stored))
	for _, t := range stored {
		tokens = append(tokens, t.Token)
	}
	slices.SortStableFunc(tokens, func(x, y Token) int {
		return cmp.Or(y.Created.Compare(x.Created), cmp.Compare(x.ID, y.ID))
	})
	return tokens, nil
}

func (a *Accounts) storedTokens(ctx context.Context) ([]storedToken, error) {
	values, err := a.accounts.List(ctx, tokenKey+"*")
	if err != nil {
		return nil, err
	}
	tokens := make([]storedToken, len(values))
	for i, v := range values {
		if err := json.Unmarshal(v.Data, &tokens[i]); err != nil {
			return nil, fmt.Errorf("read %s: %w", v.Key, err)
		}
	}
	return tokens, nil
}

// DeleteToken deletes a token. The caller must own it or have the right to change users: deleting a token can stop a service.
func (a *Accounts) DeleteToken(ctx context.Context, by Caller, id string) error {
	if !tokenIDRule.MatchString(id) {
		return notFound("token", id)
	}
	v, err := a.accounts.Get(ctx, tokenKey+id)
	if errors.Is(err, streams.ErrNotFound) {
		return notFound("token", id)
	}
	if err != nil {
		return err
	}
	var t storedToken
	if err := json.Unmarshal(v.Data, &t); err != nil {
		return fmt.Errorf("read token %s: %w", id, err)
	}
	if (by.owner != t.Owner || !by.since.Equal(t.Since)) && !by.Rights.Have(UsersWrite) {
		return lacks(UsersWrite, "to delete the token of another user")
	}
	return a.accounts.Delete(ctx, tokenKey+id)
}

// deleteTokensOf deletes the tokens of a user that carry another epoch than the one that is valid. They are invalid already.
func (a *Accounts) deleteTokensOf(ctx context.Context, user, epoch string) error {
	tokens, err := a.storedTokens(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, t := range tokens {
		if t.Owner == user && (epoch == "" || t.Epoch != epoch) {
			errs = append(errs, a.accounts.Delete(ctx, tokenKey+t.ID))
		}
	}
	return errors.Join(errs...)
}
