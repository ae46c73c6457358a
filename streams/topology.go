package streams

import (
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Kind is the second token of a subject: the kind of message that a stream holds.
type Kind string

// The kinds, each with its own stream.
const (
	KindFrame    Kind = "frame"
	KindFace     Kind = "face"
	KindVerdict  Kind = "verdict"
	KindDecision Kind = "decision"
	KindSession  Kind = "session"
	KindVideo    Kind = "video"
	KindDead     Kind = "dead"
	KindHash     Kind = "hash"

	KindExport       Kind = "export"
	KindAnnouncement Kind = "announcement"
	KindAudit        Kind = "audit"
)

// The names of the streams and buckets.
const (
	Frames    = "FRAMES"
	Faces     = "FACES"
	Verdicts  = "VERDICTS"
	Decisions = "DECISIONS"
	Sessions  = "SESSIONS"
	Videos    = "VIDEOS"
	Dead      = "DEAD"
	Hashes    = "HASHES"
	Exports   = "EXPORTS"

	Announcements = "ANNOUNCEMENTS"
	Audit         = "AUDIT"

	RerunFrames   = "RERUN_FRAMES"
	RerunFaces    = "RERUN_FACES"
	RerunVerdicts = "RERUN_VERDICTS"

	BucketSettings  = "settings"
	BucketLive      = "live"
	BucketWorkers   = "workers"
	BucketTickets   = "tickets"
	BucketExports   = "exports"
	BucketReaders   = "readers"
	BucketAccounts  = "accounts"
	BucketLogins    = "logins"
	BucketUIConfigs = "ui_configs"
	BucketStats     = "stats"
	BucketWebhooks  = "webhooks"
	BucketLockouts  = "lockouts"
	BucketKeys      = "keys"

	storeMedia = "media"
)

// SettingsHistory is the number of revisions kept of the settings document and of each variant.
const SettingsHistory = 64

// MaxExports is the number of exports that may wait or be under way.
const MaxExports = 1000

const (
	megabyte = 1 << 20
	day      = 24 * time.Hour
)

// Limits are the sizes that an installation can change.
type Limits struct {
	Replicas     int           `envconfig:"REPLICAS" default:"1" desc:"copies of every stream in a JetStream cluster"`
	FramesAge    time.Duration `envconfig:"FRAMES_AGE" default:"24h" desc:"how long frames and verdicts are kept"`
	FramesBytes  int64         `envconfig:"FRAMES_BYTES" default:"4294967296" desc:"most bytes of frames that are kept; the oldest are removed first"`
	DecisionsAge time.Duration `envconfig:"DECISIONS_AGE" default:"720h" desc:"how long decisions, session events and video states are kept"`
}

// topology declares every stream. Work consumers read a whole stream, because a filter over many subjects is slow, so each
// kind has its own stream.
func topology(l Limits) []jetstream.StreamConfig {
	base := func(name string, kind Kind, about string) jetstream.StreamConfig {
		return jetstream.StreamConfig{
			Name: name, Description: about, Subjects: []string{prefix + string(kind) + ".>"},
			Replicas: l.Replicas, Storage: jetstream.FileStorage, Discard: jetstream.DiscardOld,
			Duplicates: 2 * time.Minute, MaxConsumers: -1, MaxMsgs: -1, MaxBytes: -1, MaxMsgsPerSubject: -1, MaxMsgSize: -1,
		}
	}
	frames := base(Frames, KindFrame, "every accepted image, with the session's state; written by edges")
	frames.MaxAge, frames.MaxBytes = l.FramesAge, l.FramesBytes

	// Faces have no use once judged, and can be created again from the frame.
	faces := base(Faces, KindFace, "crops and estimations for judging; written by detectors")
	faces.Storage, faces.MaxAge, faces.MaxBytes = jetstream.MemoryStorage, 2*time.Minute, 256*megabyte

	// Deciders receive a verdict only after it was stored.
	verdicts := base(Verdicts, KindVerdict, "each worker's verdict on each frame; written by workers")
	verdicts.MaxAge, verdicts.MaxBytes = l.FramesAge, l.FramesBytes/4
	verdicts.RePublish = &jetstream.RePublish{
		Source:      prefix + string(KindVerdict) + ".>",
		Destination: storedPrefix + string(KindVerdict) + ".>",
	}

	decisions := base(
		Decisions,
		KindDecision,
		"decisions, with the session state after them; written by deciders, by compare-and-set on the session's last decision",
	)
	decisions.MaxAge = l.DecisionsAge

	sessions := base(Sessions, KindSession, "opened, resumed, disconnected, closed, erased, sealed, anchored; written by edges and deciders")
	sessions.MaxAge = l.DecisionsAge

	videos := base(Videos, KindVideo, "progress of each session's video; written by video workers")
	videos.MaxAge = l.DecisionsAge

	dead := base(Dead, KindDead, "messages that could not be handled, with the reason and their own headers")
	dead.MaxAge, dead.MaxBytes = min(7*day, l.FramesAge), 512*megabyte // they hold pictures, too

	// The subject holds all the information: messages are empty, and one per subject is enough.
	hashes := base(Hashes, KindHash, "which session showed which image, to recognise repeated ones; written by virtual-camera")
	hashes.MaxAge, hashes.MaxBytes, hashes.MaxMsgsPerSubject = l.FramesAge, 64*megabyte, 1

	// A queue: finished messages are removed, and those beyond the limit are refused.
	exports := base(Exports, KindExport, "queue of exports; written by edges")
	exports.Retention, exports.Discard, exports.MaxMsgs = jetstream.WorkQueuePolicy, jetstream.DiscardNew, MaxExports

	announcements := base(Announcements, KindAnnouncement, "outcome of notifications about finished videos; written by video workers")
	announcements.MaxAge = l.DecisionsAge

	// Each section has its own limit: entries that anybody can cause, such as failed logins, do not displace others.
	audit := base(Audit, KindAudit, "changes and who made them; written by edges")
	audit.MaxAge, audit.MaxBytes, audit.MaxMsgsPerSubject = 365*day, 256*megabyte, 50_000

	// A run is useless once the process that requested it has ended.
	rerun := func(name string, kind Kind, about string, bytes int64) jetstream.StreamConfig {
		s := base(name, kind, about)
		s.Subjects = []string{rerunPrefix + "*." + string(kind) + ".>"}
		s.Storage, s.MaxAge, s.MaxBytes = jetstream.MemoryStorage, 2*time.Minute, bytes
		return s
	}
	return []jetstream.StreamConfig{
		frames, faces, verdicts, decisions, sessions, videos, dead, hashes, exports, announcements, audit,
		rerun(RerunFrames, KindFrame, "recorded frames to be judged again; written by `selene rerun`", 256*megabyte),
		rerun(RerunFaces, KindFace, "crops and estimations of recorded frames; written by detectors", 128*megabyte),
		rerun(RerunVerdicts, KindVerdict, "verdicts on recorded frames; written by workers", 64*megabyte),
	}
}

// liveMarkerTTL is the time that the marker of an expired key stays: long enough for a decider to restart after a crash.
const liveMarkerTTL = time.Hour

// buckets declares every bucket.
func buckets(l Limits) []jetstream.KeyValueConfig {
	return []jetstream.KeyValueConfig{
		{Bucket: BucketSettings, Description: "revisions of the settings document", History: SettingsHistory, Replicas: l.Replicas},
		{
			Bucket:         BucketLive,
			Description:    "open sessions and running edges; the expiry of a session's key ends the session",
			History:        1,
			LimitMarkerTTL: liveMarkerTTL,
			Replicas:       l.Replicas,
		},
		{
			Bucket:         BucketWorkers,
			Description:    "running workers and the crops they need",
			History:        1,
			LimitMarkerTTL: time.Minute,
			Replicas:       l.Replicas,
		},
		// Kept as long as decisions: until then a session that was created with a token cannot be opened without it.
		{
			Bucket: BucketTickets,
			Description: "hashed tokens of sessions that were created over REST, reference faces until their session opens, " +
				"and the attempts under IDs that were used again",
			History:        1,
			TTL:            l.DecisionsAge,
			LimitMarkerTTL: time.Minute,
			Replicas:       l.Replicas,
		},
		// Nothing here expires by itself: a key is overwritten before it is removed. A second revision appears while a master
		// key is replaced and when a session is erased; a limit that removed one of them would not overwrite it.
		{
			Bucket:         BucketKeys,
			Description:    "keys of sessions, encrypted with the master key, and marks of erased sessions",
			History:        8,
			LimitMarkerTTL: time.Minute,
			Replicas:       l.Replicas,
		},
		{
			Bucket:         BucketExports,
			Description:    "orders of exports and their state",
			History:        1,
			LimitMarkerTTL: time.Minute,
			Replicas:       l.Replicas,
		},
		{
			Bucket:         BucketReaders,
			Description:    "readers of stored files, which are not removed meanwhile",
			History:        1,
			LimitMarkerTTL: time.Minute,
			Replicas:       l.Replicas,
		},
		{
			Bucket:         BucketAccounts,
			Description:    "users, groups and API tokens",
			History:        1,
			LimitMarkerTTL: time.Minute,
			Replicas:       l.Replicas,
		},
		{
			Bucket:         BucketLogins,
			Description:    "hashed cookies of logged-in users, until they expire",
			History:        1,
			LimitMarkerTTL: time.Minute,
			Replicas:       l.Replicas,
		},
		{
			Bucket:         BucketUIConfigs,
			Description:    "configs of the user page, by name",
			History:        1,
			LimitMarkerTTL: time.Minute,
			Replicas:       l.Replicas,
		},
		{
			Bucket:         BucketStats,
			Description:    "counters of edges, so that they need not read the streams again",
			History:        1,
			TTL:            7 * day,
			LimitMarkerTTL: time.Minute,
			Replicas:       l.Replicas,
		},
		{
			Bucket:         BucketLockouts,
			Description:    "failed sessions of people and addresses under pseudonyms, while they count",
			History:        1,
			LimitMarkerTTL: time.Minute,
			MaxBytes:       64 * megabyte,
			Replicas:       l.Replicas,
		},
		{
			Bucket:         BucketWebhooks,
			Description:    "webhooks for events, and their state",
			History:        1,
			LimitMarkerTTL: time.Minute,
			Replicas:       l.Replicas,
		},
	}
}

func mediaStore(l Limits) jetstream.ObjectStoreConfig {
	return jetstream.ObjectStoreConfig{
		Bucket:      storeMedia,
		Description: "reference faces, best shots and videos",
		Storage:     jetstream.FileStorage,
		Replicas:    l.Replicas,
	}
}

// Names returns the name of every stream, with those behind buckets and the object store.
func Names() (names []string) {
	for _, s := range topology(DefaultLimits()) {
		names = append(names, s.Name)
	}
	for _, b := range buckets(DefaultLimits()) {
		names = append(names, BucketStream(b.Bucket))
	}
	return append(names, mediaStream)
}
