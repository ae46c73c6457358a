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

// redisQueue is the list or stream that the settings name. It follows the newest revision. It is not for concurrent use.
type redisQueue struct {
	store *settings.Store
	url   string

	client   redis.UniversalClient // of settings; nil before the first
	settings schemas.VideoRedis
}

const (
	redisPatience = 2 * time.Second // of one exchange
	redisTry      = 10 * time.Second
	// streamLength is how many records a Redis stream keeps, or a few more.
	streamLength = 100_000
)

// push puts a record on the queue and into a hash of its own, unless the hash says that this was done. The queue comes
// first: a script that fails half way is not undone.
var push = redis.NewScript(`
local told, ttl, kind, length, record = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5]
if redis.call('HEXISTS', KEYS[1], told) == 1 then
  return 0
end
if kind == 'stream' then
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', length, '*', 'record', record)
else
  redis.call('RPUSH', KEYS[2], record)
end
redis.call('HSET', KEYS[1], told, 1, unpack(ARGV, 6))
if ttl > 0 then
  redis.call('EXPIRE', KEYS[1], ttl)
else
  redis.call('PERSIST', KEYS[1])
end
return 1
`)

func (q *redisQueue) tell(ctx context.Context, status *schemas.VideoStatus) (outcome, error) {
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
	record := newRecord(status, q.url)
	data, err := record.json()
	if err != nil {
		return outcome{}, err
	}
	limited, cancel := context.WithTimeout(ctx, redisTry)
	defer cancel()
	args := []any{told(status), now.Settings.Video.ResultTTL, q.settings.QueueType, streamLength, data}
	added, err := push.Run(limited, q.client, []string{hashOf(q.settings.QueueName, record), q.settings.QueueName}, append(args, record.fields()...)...).Int()
	if err != nil {
		return outcome{}, fmt.Errorf("put video of session %s on %s: %w", record.Session, target(q.settings), err)
	}
	detail := "queued"
	if added == 0 {
		detail = "was queued before"
	}
	return outcome{target(q.settings), detail}, nil
}

// told is the hash field that says that this video was announced. It is the same video as long as codec and last frame are.
func told(s *schemas.VideoStatus) string {
	return fmt.Sprintf("announced.%s.%s.%s.%d", s.GetSession(), s.GetStatus(), s.GetCodec(), s.GetLastFrame())
}

// hashOf is in the slot of the queue in a cluster.
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

// target names the queue without what is secret.
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

// follow makes the client the one that the settings describe; none when they switch Redis off.
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
	logging.Disable() // what goes wrong is in the errors
	o := &redis.UniversalOptions{
		Addrs: []string{net.JoinHostPort(s.Host, strconv.Itoa(s.Port))}, DB: s.Number, Username: s.User, Password: s.Password,
		DialTimeout: redisPatience, ReadTimeout: redisPatience, WriteTimeout: redisPatience, ContextTimeoutEnabled: true,
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

// close lets go of Redis, if it was reached.
func (q *redisQueue) close() {
	if q.client == nil {
		return
	}
	if err := q.client.Close(); err != nil {
		slog.Warn("close the connection to Redis", "error", err)
	}
	q.client, q.settings = nil, schemas.VideoRedis{}
}
