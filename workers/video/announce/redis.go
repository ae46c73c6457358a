package announce

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"reflect"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/settings"
)

// redisQueue is the list or stream that the newest settings name. It is not safe for concurrent use.
type redisQueue struct {
	store *settings.Store
	files *addresses

	client   redis.UniversalClient // for settings; nil when Redis is off
	settings schemas.VideoRedis
}

const (
	redisTimeout = 2 * time.Second  // of one command
	tryTimeout   = 10 * time.Second // of one try, with its retries
	// streamLength is the approximate number of records that a Redis stream keeps.
	streamLength = 100_000
)

// push appends a record to the queue and writes its hash, unless the hash shows that this was done before. The queue comes
// first, since the effects of a script that fails halfway are not rolled back.
var push = redis.NewScript(`
local mark, ttl, kind, length, record = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5]
if redis.call('HEXISTS', KEYS[1], mark) == 1 then
  return 0
end
if kind == 'stream' then
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', length, '*', 'record', record)
else
  redis.call('RPUSH', KEYS[2], record)
end
redis.call('HSET', KEYS[1], mark, 1, unpack(ARGV, 6))
if ttl > 0 then
  redis.call('EXPIRE', KEYS[1], ttl)
else
  redis.call('PERSIST', KEYS[1])
end
return 1
`)

func (q *redisQueue) announce(ctx context.Context, status *schemas.VideoStatus) (outcome, error) {
	if status.GetStatus() == schemas.VideoCanceled {
		return outcome{}, nil
	}
	now, err := q.store.Newest(ctx, "")
	if err != nil {
		return outcome{}, err
	}
	q.follow(now.Settings.VideoRedis)
	if q.client == nil {
		return outcome{}, nil
	}
	record, err := q.files.record(ctx, status)
	if err != nil {
		return outcome{}, err
	}
	data, err := record.json()
	if err != nil {
		return outcome{}, err
	}
	limited, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	args := []any{mark(status), now.Settings.Video.ResultTTL, q.settings.QueueType, streamLength, data}
	keys := []string{hashOf(q.settings.QueueName, record), q.settings.QueueName}
	added, err := push.Run(limited, q.client, keys, append(args, record.fields()...)...).Int()
	if err != nil {
		return outcome{}, fmt.Errorf("put video of session %s on %s: %w", record.Session, target(q.settings), err)
	}
	detail := "queued"
	if added == 0 {
		detail = "already queued"
	}
	return outcome{target(q.settings), detail}, nil
}

// mark returns the hash field that records that this video was announced. A video is the same as long as its codec and
// last frame are.
func mark(s *schemas.VideoStatus) string {
	return fmt.Sprintf("announced.%s.%s.%s.%d", s.GetSession(), s.GetStatus(), s.GetCodec(), s.GetLastFrame())
}

// hashOf returns the key of a record's hash, in the slot of the queue in a cluster.
func hashOf(queue string, r *Record) string {
	if r.Job != "" {
		return "{" + queue + "}:" + r.Job
	}
	return "{" + queue + "}:" + r.Session
}

func (r *Record) fields() []any {
	return []any{
		"session_id", r.Session, "job", r.Job, "file", r.File, "codec", r.Codec, "frames", r.Frames,
		"started_at", r.Started.Format(time.RFC3339Nano), "finished_at", r.Finished.Format(time.RFC3339Nano),
		"duration", r.Duration, "result", r.Result, "reason", r.Reason,
	}
}

// target describes the queue without secrets.
func target(s schemas.VideoRedis) string {
	at := net.JoinHostPort(s.Host, strconv.Itoa(s.Port))
	switch {
	case len(s.Sentinel.Sentinels) > 0:
		at = "master " + s.Sentinel.MasterName
	case len(s.Cluster) > 0:
		at = "cluster " + s.Cluster[0]
	}
	return fmt.Sprintf("%s %s at %s/%d", s.QueueType, s.QueueName, at, s.Number)
}

// follow replaces the client when the settings change. There is no client while they switch Redis off.
func (q *redisQueue) follow(s schemas.VideoRedis) {
	if reflect.DeepEqual(s, q.settings) {
		return
	}
	q.close()
	if q.settings = s; s.IsEnabled {
		q.client = redis.NewUniversalClient(clientOptions(s))
	}
}

func clientOptions(s schemas.VideoRedis) *redis.UniversalOptions {
	logging.Disable() // errors are returned
	o := &redis.UniversalOptions{
		Addrs: []string{net.JoinHostPort(s.Host, strconv.Itoa(s.Port))}, DB: s.Number, Username: s.User, Password: s.Password,
		DialTimeout: redisTimeout, ReadTimeout: redisTimeout, WriteTimeout: redisTimeout, ContextTimeoutEnabled: true,
		DialerRetries: 1, PoolSize: 2, ClientName: "selene", DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
	if s.TLS {
		o.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	switch {
	case len(s.Sentinel.Sentinels) > 0:
		o.Addrs, o.MasterName = s.Sentinel.Sentinels, s.Sentinel.MasterName
		o.SentinelUsername, o.SentinelPassword = s.Sentinel.User, s.Sentinel.Password
	case len(s.Cluster) > 0:
		o.Addrs, o.IsClusterMode = s.Cluster, true
	}
	return o
}

// close closes the connection, if there is one.
func (q *redisQueue) close() {
	if q.client == nil {
		return
	}
	if err := q.client.Close(); err != nil {
		slog.Warn("close the connection to Redis", "error", err)
	}
	q.client, q.settings = nil, schemas.VideoRedis{}
}
