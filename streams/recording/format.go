// Package recording writes sessions into bundles that standard tools can read, and reads them back.
//
// A bundle is a tar file, compressed with Zstandard or not. README.md describes the format and how to verify a bundle
// without Selene.
package recording

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"time"

	"github.com/selene-liveness/selene/schemas"
)

// Format is the version of the format that this build writes and reads.
const Format = 1

// The entries of a bundle besides the frames.
const (
	sessionFile   = "session.json"
	framesFile    = "frames.jsonl"
	verdictsFile  = "verdicts.jsonl"
	decisionsFile = "decisions.jsonl"
	eventsFile    = "events.jsonl"
	hashesFile    = "hashes.jsonl"
	chainFile     = "chain.jsonl"
	signatureFile = "signature.jwt"
)

// Limits of a bundle.
const (
	maxEntries = 1_000_000
	maxLine    = 24 << 20 // a message of the broker, in base64 and as JSON
	maxImage   = 16 << 20
	maxText    = 4 << 20 // session.json, signature.jwt
	maxFrames  = 1 << 29 // frames.jsonl, which is held in memory
	// Of a compressed bundle: images hardly shrink, texts shrink about 20 times.
	maxInflation  = 100
	freeInflation = 64 << 20
	// MaxBytes is the size of a whole bundle, uncompressed.
	MaxBytes = 16 << 30
)

var entryName = regexp.MustCompile(
	`^(session\.json|frames\.jsonl|verdicts\.jsonl|decisions\.jsonl|events\.jsonl|hashes\.jsonl|chain\.jsonl|signature\.jwt|reference\.(jpg|png)|frames/[0-9]{6,9}\.(jpg|png))$`,
)

// Session is session.json: a description of the recorded session.
type Session struct {
	Format   int                 `json:"format"`
	Session  string              `json:"session"`
	Outcome  string              `json:"outcome"` // of its last decision
	Opened   time.Time           `json:"opened"`
	Recorded time.Time           `json:"recorded"`
	Frames   int                 `json:"frames"`            // stored when it was recorded
	Missing  int                 `json:"missing,omitempty"` // decided frames that were no longer stored
	Revision uint64              `json:"settings_revision"`
	Settings *schemas.Settings   `json:"settings"` // without secrets
	Packs    map[string][]string `json:"packs"`    // digests of the model packs, by worker
}

// Frame is a line of frames.jsonl.
type Frame struct {
	File      string    `json:"file"`
	Sequence  uint64    `json:"sequence"` // in the session
	Stored    uint64    `json:"stored"`   // sequence in the stream of frames, which decisions refer to
	Attempt   uint32    `json:"attempt"`  // 0, or how many times the same image was published before
	Received  time.Time `json:"received"`
	MediaType string    `json:"media_type"`
	Message   []byte    `json:"message"` // schemas.Frame without its image
}

// Line is a line of verdicts.jsonl, decisions.jsonl and events.jsonl.
type Line struct {
	Stored  uint64          `json:"stored"`  // in its stream
	JSON    json.RawMessage `json:"json"`    // for people and scripts
	Message []byte          `json:"message"` // the same as protobuf, exactly
}

// SharedHash is a line of hashes.jsonl: an image, or one much like it, that another session showed before.
type SharedHash struct {
	Hash  string `json:"hash"`
	First string `json:"first"` // ID of that session
}

// Link is a line of chain.jsonl, one for each entry before it. Its field Link is the SHA-256 of the text
// "PREVIOUS NAME SHA256\n", where PREVIOUS is the link before, 64 zeros for the first. All hashes are in hexadecimal.
type Link struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	Link   string `json:"link"`
}

var firstLink = fmt.Sprintf("%064d", 0)

func nextLink(previous, name, sum string) string {
	digest := sha256.Sum256(fmt.Appendf(nil, "%s %s %s\n", previous, name, sum))
	return hex.EncodeToString(digest[:])
}

// Head is the signed content of signature.jwt.
type Head struct {
	Session  string `json:"session"`
	Head     string `json:"head"` // the last link
	Entries  int    `json:"entries"`
	IssuedAt int64  `json:"iat"`
}

// Error is returned for a file that is not a bundle, or for a bundle that was changed.
type Error struct {
	Entry   string // empty: the bundle as a whole
	Problem string
}

func (e *Error) Error() string {
	if e.Entry == "" {
		return "recording: " + e.Problem
	}
	return fmt.Sprintf("recording: %s: %s", e.Entry, e.Problem)
}

func problem(entry, format string, args ...any) error {
	return &Error{entry, fmt.Sprintf(format, args...)}
}

func readAll(r io.Reader, limit int64, entry string) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, problem(entry, "%v", err)
	}
	if int64(len(data)) > limit {
		return nil, problem(entry, "is larger than %d bytes", limit)
	}
	return data, nil
}
