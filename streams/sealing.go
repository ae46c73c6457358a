package streams

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/selene-liveness/selene/streams/seal"
)

// headerSealed marks a message that is encrypted with a key of its session: AES-256-GCM as nonce (12 bytes), ciphertext and tag (16
// bytes), with the subject as associated data. Messages without it are read as they are: those of plugins that have no master key,
// and those from before there were keys.
const (
	headerSealed  = "Selene-Sealed"
	sealedVersion = "1"
)

// errNoMaster is returned for a sealed message on a connection without a master key.
var errNoMaster = Blame(Infrastructure, fmt.Errorf("read a sealed message: %w", seal.ErrNoMaster))

// classes maps the kinds of messages that are sealed to the key that seals them. Kinds in memory are not.
var classes = map[Kind]Class{
	KindFrame: ClassFrames, KindVerdict: ClassFrames, KindDead: ClassFrames,
	KindDecision: ClassDecisions, KindSession: ClassDecisions, KindVideo: ClassDecisions, KindAnnouncement: ClassDecisions,
}

// keyOf returns the name of the key that seals the messages of a subject, empty for those that are not sealed.
func keyOf(subject string) string {
	session := lastToken(subject)
	class, ok := Class(""), false
	if rest, is := strings.CutPrefix(subject, prefix); is {
		kind, _, _ := strings.Cut(rest, ".")
		class, ok = classes[Kind(kind)]
	} else if rest, is := strings.CutPrefix(subject, bucketPrefix+BucketTickets+"."); is {
		if class, ok = ClassDecisions, true; strings.HasPrefix(rest, string(ClassReference)+".") {
			class = ClassReference
		}
	}
	if !ok || CheckSession(session) != nil {
		return ""
	}
	return keyName(session, class)
}

// seal returns the message sealed if its subject asks for that. It returns ErrErased when its session was erased.
func (k *Keys) seal(ctx context.Context, m *nats.Msg) error {
	if k.master == nil || len(m.Data) == 0 {
		return nil
	}
	name := keyOf(m.Subject)
	if name == "" {
		return nil
	}
	key, err := k.use(ctx, name)
	if err != nil {
		return fmt.Errorf("store on %s: %w", m.Subject, err)
	}
	m.Header.Set(headerSealed, sealedVersion)
	m.Data = key.Seal(m.Data, m.Subject)
	return nil
}

// open returns the data of a stored message, which are sealed or not. It returns ErrErased when their key has been destroyed, and an
// Input fault when they were altered.
func (k *Keys) open(ctx context.Context, subject string, header nats.Header, data []byte) ([]byte, error) {
	version := header.Get(headerSealed)
	if version == "" {
		return data, nil
	}
	if rest, republished := strings.CutPrefix(subject, storedPrefix); republished {
		subject = prefix + rest
	}
	name := keyOf(subject)
	if version != sealedVersion || name == "" {
		return nil, Blame(Input, fmt.Errorf("message on %s: sealed in an unknown way (%.20q): update this program", subject, version))
	}
	if k.master == nil {
		return nil, errNoMaster
	}
	key, err := k.find(ctx, name)
	if errors.Is(err, errNoKey) {
		err = k.missing(ctx, name)
	}
	if err != nil {
		return nil, err
	}
	data, err = key.Open(data, subject)
	return data, Blame(Input, err)
}

// Overwrite removes one message after the broker has overwritten it in its file.
func (s *Stream) Overwrite(ctx context.Context, sequence uint64) error {
	err := s.stream.SecureDeleteMsg(ctx, sequence)
	if err == nil {
		return nil
	}
	if _, missing := s.stream.GetMsg(ctx, sequence); errors.Is(missing, jetstream.ErrMsgNotFound) {
		return nil // somebody else was faster
	}
	return Blame(Infrastructure, fmt.Errorf("overwrite message %d of %s: %w", sequence, s.name, err))
}

// OverwritePlain removes the messages that were stored before a time and are not sealed, after it has overwritten them. It reads
// no newer ones.
func (s *Stream) OverwritePlain(ctx context.Context, before time.Time) error {
	for msg, err := range s.Read(ctx, Range{headersOnly: true}) {
		if err != nil {
			return err
		}
		if !msg.Stored.Before(before) {
			return nil
		}
		if msg.Header.Get(headerSealed) == "" {
			if err := s.Overwrite(ctx, msg.Sequence); err != nil {
				return err
			}
		}
	}
	return nil
}

// Erase removes the messages whose subject matches a filter. Those that are not sealed are overwritten first, one by one.
func (s *Stream) Erase(ctx context.Context, filter string) error {
	var plain []uint64
	for msg, err := range s.Read(ctx, Range{Subjects: []string{filter}, headersOnly: true}) {
		if err != nil {
			return err
		}
		if msg.Header.Get(headerSealed) == "" {
			plain = append(plain, msg.Sequence)
		}
	}
	for _, sequence := range plain {
		if err := s.Overwrite(ctx, sequence); err != nil {
			return err
		}
	}
	return s.Purge(ctx, filter, 0)
}
