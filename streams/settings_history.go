package streams

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/selene-liveness/selene/schemas"
)

var variantTag = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

// keyOf is the key of a variant; that of the empty one is the document's own.
func keyOf(variant string) (string, error) {
	if variant == "" {
		return settingsKey, nil
	}
	if !variantTag.MatchString(variant) {
		return "", Blame(Input, &schemas.DocumentError{Document: "settings", Message: fmt.Sprintf("the tag of a variant must have 1 to 64 letters, digits, - and _, and begin with a letter or digit, not %.70q", variant)})
	}
	return variantKey + variant, nil
}

// Change is a revision beside what it changed.
type Change struct {
	*Revision
	Changed []schemas.SettingsChange // nil = not known: this revision or the one before cannot be read any more
}

// History is the revisions of a variant that are kept, newest first, and what each changed: the first of all in the
// defaults. It is ErrNotFound for a variant that never was.
func (c *Conn) History(ctx context.Context, variant string) ([]Change, error) {
	key, err := keyOf(variant)
	if err != nil {
		return nil, err
	}
	var list []Change
	seen, before := 0, &Revision{Settings: schemas.DefaultSettings()}
	config := jetstream.OrderedConsumerConfig{FilterSubjects: []string{settingsSubject + key}}
	for msg, err := range messagesOf(ctx, c.Bucket(BucketSettings).stream.stream, config) {
		if err != nil {
			return nil, err
		}
		seen++
		if msg.Headers().Get(headerOperation) != "" {
			continue
		}
		// One that cannot be read is still one that was made.
		r, unreadable := revisionOf(msg.Subject(), msg.Sequence.Stream, msg.Timestamp, msg.Headers(), msg.Data())
		change := Change{Revision: r}
		if unreadable == nil && before.Settings != nil {
			if change.Changed, err = schemas.DiffSettings(before.Settings, r.Settings); err != nil {
				return nil, err
			}
		}
		before = r
		list = append(list, change)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("settings variant %q: %w", variant, ErrNotFound)
	}
	if seen >= settingsHistory { // what came before the oldest is gone
		list[0].Changed = nil
	}
	slices.Reverse(list)
	return list, nil
}

// Variants is the newest revision of each variant, by tag; the document itself comes first.
func (c *Conn) Variants(ctx context.Context) ([]*Revision, error) {
	main, err := c.Settings(ctx)
	if err != nil {
		return nil, err
	}
	list := []*Revision{main}
	config := jetstream.OrderedConsumerConfig{FilterSubjects: []string{settingsSubject + variantKey + "*"}, DeliverPolicy: jetstream.DeliverLastPerSubjectPolicy}
	for msg, err := range messagesOf(ctx, c.Bucket(BucketSettings).stream.stream, config) {
		if err != nil {
			return nil, err
		}
		if msg.Headers().Get(headerOperation) != "" {
			continue
		}
		r, err := revisionOf(msg.Subject(), msg.Sequence.Stream, msg.Timestamp, msg.Headers(), msg.Data())
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b *Revision) int { return strings.Compare(a.Variant, b.Variant) })
	return list, nil
}

// DeleteVariant removes a variant. Sessions that run by one of its revisions go on, and its history can still be had.
func (c *Conn) DeleteVariant(ctx context.Context, variant string) error {
	r, err := c.SettingsOf(ctx, variant)
	if err != nil {
		return err
	}
	if variant == "" {
		return Blame(Input, &schemas.DocumentError{Document: "settings", Message: "the document itself cannot be deleted, only variants"})
	}
	err = c.kv(BucketSettings).Delete(ctx, variantKey+variant, jetstream.LastRevision(r.Number))
	if wrongLast(err) {
		return fmt.Errorf("settings variant %s: %w", variant, ErrChanged)
	}
	if err != nil {
		return Blame(Infrastructure, fmt.Errorf("delete settings variant %s: %w", variant, err))
	}
	return nil
}

// RestoreSettings makes an earlier revision the newest one of its variant again.
func (c *Conn) RestoreSettings(ctx context.Context, revision uint64, author Author) (*Revision, error) {
	old, err := c.Revision(ctx, revision)
	if err != nil {
		return nil, err
	}
	key, err := keyOf(old.Variant)
	if err != nil {
		return nil, err
	}
	msg, last, err := c.newest(ctx, key)
	if err != nil {
		return nil, err
	}
	if msg != nil && msg.Sequence == revision {
		return old, nil
	}
	return c.storeSettings(ctx, old.Variant, old.Settings, author, last)
}

// CheckVariant returns an error that lists the variants unless there is that one, or it is empty.
func (c *Conn) CheckVariant(ctx context.Context, variant string) error {
	_, err := c.SettingsOf(ctx, variant)
	if err == nil || FaultOf(err) == Infrastructure {
		return err
	}
	all, lost := c.Variants(ctx)
	if lost != nil {
		return errors.Join(err, lost)
	}
	tags := []string{}
	for _, r := range all[1:] {
		tags = append(tags, r.Variant)
	}
	return fmt.Errorf("%w; there are %d: %v", err, len(tags), tags)
}
