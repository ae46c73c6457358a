package streams

import (
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// Kind is the second token of a subject: what sort of message a stream holds.
type Kind string

// The kinds, one stream each.
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

// Names of the streams and buckets.
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

	storeMedia = "media"
)

// MaxExports is how many exports may wait or be under way.
const MaxExports = 1000

const (
	megabyte = 1 << 20
	day      = 24 * time.Hour
)

// Limits are the sizes an installation may want to change.
type Limits struct {
	Replicas     int           `envconfig:"REPLICAS" default:"1" desc:"copies of every stream in a JetStream cluster"`
	FramesAge    time.Duration `envconfig:"FRAMES_AGE" default:"24h" desc:"how long frames and verdicts are kept"`
	FramesBytes  int64         `envconfig:"FRAMES_BYTES" default:"4294967296" desc:"bytes of frames kept at most; the oldest go first"`
	DecisionsAge time.Duration `envconfig:"DECISIONS_AGE" default:"720h" desc:"how long decisions, session events and video states are kept"`
}

// topology declares every stream. Work consumers read a whole stream, so there is one stream a kind: a filter over many
// subjects is slow.
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

	// Faces are worth nothing once judged and can be made again from the frame.
	faces := base(Faces, KindFace, "crops and estimations for judging; written by detectors")
	faces.Storage, faces.MaxAge, faces.MaxBytes = jetstream.MemoryStorage, 2*time.Minute, 256*megabyte

	// A decider hears of a verdict only after it was stored.
	verdicts := base(Verdicts, KindVerdict, "what each worker said of each frame; written by workers")
	verdicts.MaxAge, verdicts.MaxBytes = l.FramesAge, l.FramesBytes/4
	verdicts.RePublish = &jetstream.RePublish{Source: prefix + string(KindVerdict) + ".>", Destination: storedPrefix + string(KindVerdict) + ".>"}

	decisions := base(Decisions, KindDecision, "what was decided, with the state after it; written by deciders, compare-and-set on the session's last")
	decisions.MaxAge = l.DecisionsAge

	sessions := base(Sessions, KindSession, "opened, resumed, disconnected, closed, erased; written by edges and deciders")
	sessions.MaxAge = l.DecisionsAge

	videos := base(Videos, KindVideo, "the making of each session's video; written by video workers")
	videos.MaxAge = l.DecisionsAge

	dead := base(Dead, KindDead, "messages nobody could handle, with the reason and their own headers")
	dead.MaxAge, dead.MaxBytes = 7*day, 512*megabyte

	// The subject says it all: messages are empty, and one of each is enough.
	hashes := base(Hashes, KindHash, "who showed which image, to know it again; written by virtual-camera")
	hashes.MaxAge, hashes.MaxBytes, hashes.MaxMsgsPerSubject = l.FramesAge, 64*megabyte, 1

	// A queue: what is done is gone, and what does not fit is refused.
	exports := base(Exports, KindExport, "exports to be made; written by edges")
	exports.Retention, exports.Discard, exports.MaxMsgs = jetstream.WorkQueuePolicy, jetstream.DiscardNew, MaxExports

	announcements := base(Announcements, KindAnnouncement, "how it went to tell others of finished videos; written by video workers")
	announcements.MaxAge = l.DecisionsAge

	// Each section has room of its own: what anybody can cause, such as failed log-ins, pushes out nothing else.
	audit := base(Audit, KindAudit, "who changed what; written by edges")
	audit.MaxAge, audit.MaxBytes, audit.MaxMsgsPerSubject = 365*day, 256*megabyte, 50_000

	// A run is worth nothing once the one who asked for it is gone.
	rerun := func(name string, kind Kind, about string, bytes int64) jetstream.StreamConfig {
		s := base(name, kind, about)
		s.Subjects = []string{rerunPrefix + "*." + string(kind) + ".>"}
		s.Storage, s.MaxAge, s.MaxBytes = jetstream.MemoryStorage, 2*time.Minute, bytes
		return s
	}
	return []jetstream.StreamConfig{
		frames, faces, verdicts, decisions, sessions, videos, dead, hashes, exports, announcements, audit,
		rerun(RerunFrames, KindFrame, "recorded frames to be judged again; written by `selene rerun`", 256*megabyte),
		rerun(RerunFaces, KindFace, "their crops and estimations; written by detectors", 128*megabyte),
		rerun(RerunVerdicts, KindVerdict, "what each worker says of them now; written by workers", 64*megabyte),
	}
}

// liveMarkerTTL is how long the marker of an expired key stays: long enough for a reaper to come back after a crash.
const liveMarkerTTL = time.Hour

// buckets declares every bucket.
func buckets(l Limits) []jetstream.KeyValueConfig {
	return []jetstream.KeyValueConfig{
		{Bucket: BucketSettings, Description: "revisions of the settings document", History: settingsHistory, Replicas: l.Replicas},
		{Bucket: BucketLive, Description: "open sessions and running edges; a key's expiry ends the session", History: 1, LimitMarkerTTL: liveMarkerTTL, Replicas: l.Replicas},
		{Bucket: BucketWorkers, Description: "running workers and the crops they need", History: 1, LimitMarkerTTL: time.Minute, Replicas: l.Replicas},
		// As old as decisions: until then a session that was made with a token cannot be had without it.
		{Bucket: BucketTickets, Description: "hashed tokens of sessions made over REST, and reference faces until their session opens", History: 1, TTL: l.DecisionsAge, LimitMarkerTTL: time.Minute, Replicas: l.Replicas},
		{Bucket: BucketExports, Description: "orders of exports and what became of them", History: 1, LimitMarkerTTL: time.Minute, Replicas: l.Replicas},
		{Bucket: BucketReaders, Description: "who reads a stored file now, so that it is not swept", History: 1, LimitMarkerTTL: time.Minute, Replicas: l.Replicas},
		{Bucket: BucketAccounts, Description: "users, groups and API tokens", History: 1, LimitMarkerTTL: time.Minute, Replicas: l.Replicas},
		{Bucket: BucketLogins, Description: "hashed cookies of users who are logged in, until they expire", History: 1, LimitMarkerTTL: time.Minute, Replicas: l.Replicas},
		{Bucket: BucketUIConfigs, Description: "configs of the user page, by name", History: 1, LimitMarkerTTL: time.Minute, Replicas: l.Replicas},
		{Bucket: BucketStats, Description: "what edges counted of the streams, so that they need not count it again", History: 1, TTL: 7 * day, LimitMarkerTTL: time.Minute, Replicas: l.Replicas},
		{Bucket: BucketWebhooks, Description: "who is told of events, and how that goes", History: 1, LimitMarkerTTL: time.Minute, Replicas: l.Replicas},
	}
}

func mediaStore(l Limits) jetstream.ObjectStoreConfig {
	return jetstream.ObjectStoreConfig{Bucket: storeMedia, Description: "reference faces, best shots and videos", Storage: jetstream.FileStorage, Replicas: l.Replicas}
}
