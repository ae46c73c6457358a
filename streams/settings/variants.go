package settings

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/selene-liveness/selene/streams"
)

// Variants returns the newest revision of the document itself and then of each variant, sorted by tag.
func (s *Store) Variants(ctx context.Context) ([]*Revision, error) {
	document, err := s.Newest(ctx, "")
	if err != nil {
		return nil, err
	}
	list := []*Revision{document}
	variants := streams.Range{Subjects: []string{s.bucket.Subject(variantKey + "*")}, LastPerSubject: true}
	for msg, err := range s.bucket.Stream().Read(ctx, variants) {
		if err != nil {
			return nil, err
		}
		if msg.Deleted() {
			continue
		}
		r, err := s.revisionOf(msg)
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	slices.SortFunc(list, func(a, b *Revision) int { return strings.Compare(a.Variant, b.Variant) })
	return list, nil
}

// DeleteVariant removes a variant. Sessions that are judged by one of its revisions go on, and its history stays readable.
// It returns streams.ErrNotFound when there is no such variant.
func (s *Store) DeleteVariant(ctx context.Context, variant string) error {
	r, err := s.Newest(ctx, variant)
	if err != nil {
		return err
	}
	if variant == "" {
		return invalid("the document itself cannot be deleted, only variants")
	}
	if err := s.bucket.MarkDeleted(ctx, variantKey+variant, r.Number); err != nil {
		return fmt.Errorf("delete settings variant %s: %w", variant, err)
	}
	return nil
}

// CheckVariant returns nil for the empty variant and for one that exists, and otherwise an error that lists the variants.
func (s *Store) CheckVariant(ctx context.Context, variant string) error {
	_, err := s.Newest(ctx, variant)
	if err == nil || streams.FaultOf(err) == streams.Infrastructure {
		return err
	}
	all, listing := s.Variants(ctx)
	if listing != nil {
		return errors.Join(err, listing)
	}
	tags := []string{}
	for _, r := range all[1:] {
		tags = append(tags, r.Variant)
	}
	return fmt.Errorf("%w (existing variants: %v)", err, tags)
}
