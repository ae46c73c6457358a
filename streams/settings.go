package streams

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/selene-liveness/selene/schemas"
)

// The keys of the bucket: the document itself, and variants of it by tag. Revisions are numbers of the whole bucket.
const (
	settingsKey     = "document"
	variantKey      = "variant."
	settingsSubject = bucketPrefix + BucketSettings + "."
	settingsHistory = 64 // revisions kept of each document
)

// headerAuthor carries who changed a document, beside it.
const (
	headerAuthor = "Selene-Author"
)

// Revision is one revision of the settings.
type Revision struct {
	Number   uint64            `json:"revision"`
	Created  time.Time         `json:"created"`
	Variant  string            `json:"variant,omitempty"` // its tag; empty = the document itself
	Author                     // who made it
	Settings *schemas.Settings `json:"settings"`
}

// Author says who changes settings, and why.
type Author struct {
	By   string `json:"by,omitempty"`
	Note string `json:"note,omitempty"`
}

// revisionCache keeps revisions already read; they never change.
type revisionCache struct {
	mu   sync.Mutex
	byNo map[uint64]*schemas.Settings
}

const cachedRevisions = 64

// SettingsAt is the settings document of a revision, of whatever variant, as a session started with it; 0 is the newest of
// the document itself. It comes from memory after the first time. The document must not be changed.
func (c *Conn) SettingsAt(ctx context.Context, revision uint64) (*schemas.Settings, error) {
	if revision == 0 {
		r, err := c.Settings(ctx)
		if err != nil {
			return nil, err
		}
		return r.Settings, nil
	}
	c.revisions.mu.Lock()
	s := c.revisions.byNo[revision]
	c.revisions.mu.Unlock()
	if s != nil {
		return s, nil
	}
	r, err := c.Revision(ctx, revision)
	if err != nil {
		return nil, err
	}
	return r.Settings, nil
}

// Revision is a revision by its number. It is ErrNotFound when there is none, or no longer.
func (c *Conn) Revision(ctx context.Context, revision uint64) (*Revision, error) {
	msg, err := c.Bucket(BucketSettings).stream.stream.GetMsg(ctx, revision)
	if err == nil && msg.Header.Get(headerOperation) != "" {
		err = jetstream.ErrMsgNotFound
	}
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		err = ErrNotFound
	}
	if err != nil {
		return nil, Blame(Infrastructure, fmt.Errorf("read settings revision %d: %w", revision, err))
	}
	return c.remember(msg)
}

// Settings is the newest revision of the document itself. Before any was stored, the defaults become the first.
func (c *Conn) Settings(ctx context.Context) (*Revision, error) { return c.SettingsOf(ctx, "") }

// SettingsOf is the newest revision of a variant; the empty one is the document itself. It is ErrNotFound for a variant
// that does not exist.
func (c *Conn) SettingsOf(ctx context.Context, variant string) (*Revision, error) {
	key, err := keyOf(variant)
	if err != nil {
		return nil, err
	}
	msg, last, err := c.newest(ctx, key)
	if err != nil {
		return nil, err
	}
	if msg != nil {
		return c.remember(msg)
	}
	if variant != "" {
		return nil, fmt.Errorf("settings variant %s: %w", variant, ErrNotFound)
	}
	r, err := c.storeSettings(ctx, "", schemas.DefaultSettings(), Author{}, last)
	if errors.Is(err, ErrChanged) { // another process was first
		if msg, _, err = c.newest(ctx, key); err == nil && msg != nil {
			return c.remember(msg)
		}
	}
	return r, err
}

// newest is the last message of a key, nil if it was deleted or never was, and the sequence the next one comes after.
func (c *Conn) newest(ctx context.Context, key string) (*jetstream.RawStreamMsg, uint64, error) {
	msg, err := c.Bucket(BucketSettings).stream.stream.GetLastMsgForSubject(ctx, settingsSubject+key)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, Blame(Infrastructure, fmt.Errorf("read settings: %w", err))
	}
	if msg.Header.Get(headerOperation) != "" {
		return nil, msg.Sequence, nil
	}
	return msg, msg.Sequence, nil
}

// PutSettings is ChangeSettings of the document itself by nobody in particular.
func (c *Conn) PutSettings(ctx context.Context, document []byte) (*Revision, error) {
	return c.ChangeSettings(ctx, "", document, Author{}, 0)
}

// ChangeSettings validates a document and stores it, completed with the defaults, as the newest revision of a variant,
// which is made if it does not exist: new sessions are judged by it, running ones keep theirs. Secrets that read
// schemas.Masked keep the value they have, those of a new variant that of the document itself. A document equal to the
// newest revision makes no new one. after, unless 0, is the revision the change was made from: it is ErrChanged when
// there is a newer one.
func (c *Conn) ChangeSettings(ctx context.Context, variant string, document []byte, author Author, after uint64) (*Revision, error) {
	s, err := schemas.ParseSettings(document)
	if err != nil {
		return nil, Blame(Input, err)
	}
	key, err := keyOf(variant)
	if err != nil {
		return nil, err
	}
	now, err := c.SettingsOf(ctx, variant)
	switch {
	case errors.Is(err, ErrNotFound) && after == 0:
		return c.firstOf(ctx, variant, key, s, author)
	case err != nil:
		return nil, err
	case after != 0 && after != now.Number:
		return nil, fmt.Errorf("revision %d of the settings is not the newest, that is %d: %w", after, now.Number, ErrChanged)
	}
	if err := s.Unmask(now.Settings); err != nil {
		return nil, Blame(Input, err)
	}
	changes, err := schemas.DiffSettings(now.Settings, s)
	if err != nil || len(changes) == 0 {
		return now, err
	}
	return c.storeSettings(ctx, variant, s, author, now.Number)
}

// maxVariants bounds what everybody who asks for the variants has to be sent.
const maxVariants = 100

func (c *Conn) firstOf(ctx context.Context, variant, key string, s *schemas.Settings, author Author) (*Revision, error) {
	main, err := c.Settings(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.Unmask(main.Settings); err != nil {
		return nil, Blame(Input, err)
	}
	all, err := c.Variants(ctx)
	if err != nil {
		return nil, err
	}
	if len(all) > maxVariants {
		return nil, Blame(Input, &schemas.DocumentError{Document: "settings", Message: fmt.Sprintf("there are %d variants already, delete one first", maxVariants)})
	}
	_, last, err := c.newest(ctx, key)
	if err != nil {
		return nil, err
	}
	return c.storeSettings(ctx, variant, s, author, last)
}

// storeSettings makes a document the revision after last of its key.
func (c *Conn) storeSettings(ctx context.Context, variant string, s *schemas.Settings, author Author, last uint64) (*Revision, error) {
	key, err := keyOf(variant)
	if err != nil {
		return nil, err
	}
	document, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode settings: %w", err)
	}
	by, err := json.Marshal(author)
	if err != nil {
		return nil, fmt.Errorf("encode the author of settings: %w", err)
	}
	msg := &nats.Msg{Subject: settingsSubject + key, Data: document, Header: nats.Header{headerAuthor: {string(by)}}}
	ack, err := c.js.PublishMsg(ctx, msg, jetstream.WithExpectLastSequencePerSubject(last))
	if wrongLast(err) {
		return nil, fmt.Errorf("settings: %w", ErrChanged)
	}
	if err != nil {
		return nil, Blame(Infrastructure, fmt.Errorf("store settings: %w", err))
	}
	c.cache(ack.Sequence, s)
	return &Revision{Number: ack.Sequence, Created: time.Now().UTC(), Variant: variant, Author: author, Settings: s}, nil
}

func (c *Conn) remember(msg *jetstream.RawStreamMsg) (*Revision, error) {
	r, err := revisionOf(msg.Subject, msg.Sequence, msg.Time, msg.Header, msg.Data)
	if err != nil {
		return nil, err
	}
	c.cache(r.Number, r.Settings)
	return r, nil
}

func (c *Conn) cache(revision uint64, s *schemas.Settings) {
	c.revisions.mu.Lock()
	defer c.revisions.mu.Unlock()
	if c.revisions.byNo == nil || len(c.revisions.byNo) >= cachedRevisions {
		c.revisions.byNo = map[uint64]*schemas.Settings{}
	}
	c.revisions.byNo[revision] = s
}

// revisionOf reads a stored revision. One that this version cannot read is returned without its settings, and an error.
func revisionOf(subject string, sequence uint64, at time.Time, header nats.Header, data []byte) (*Revision, error) {
	key := strings.TrimPrefix(subject, settingsSubject)
	r := &Revision{Number: sequence, Created: at.UTC()}
	if tag, ok := strings.CutPrefix(key, variantKey); ok {
		r.Variant = tag
	}
	var wrong error
	if author := header.Get(headerAuthor); author != "" {
		wrong = json.Unmarshal([]byte(author), &r.Author)
	}
	var err error
	r.Settings, err = schemas.ParseStoredSettings(data)
	if err = errors.Join(err, wrong); err != nil {
		return r, Blame(Input, fmt.Errorf("stored revision %d: %w", sequence, err))
	}
	return r, nil
}
