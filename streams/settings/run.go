package settings

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

// runKey begins the keys of settings of runs, before the document's digest.
const runKey = "run."

// PutRun stores the settings by which recorded sessions are judged again, and returns the revision to name in the state of their
// frames. They are never the newest settings of anything. It reads nothing back: who may write these keys needs no right to read.
func (s *Store) PutRun(ctx context.Context, document *schemas.Settings) (uint64, error) {
	data, err := json.Marshal(document)
	if err != nil {
		return 0, fmt.Errorf("encode settings: %w", err)
	}
	sum := sha256.Sum256(data)
	subject := s.bucket.Subject(runKey + hex.EncodeToString(sum[:16]))
	number, err := s.conn.Publish(ctx, subject, data, streams.PublishOptions{})
	if err != nil {
		return 0, fmt.Errorf("store the settings of a run: %w", err)
	}
	return number, nil
}
