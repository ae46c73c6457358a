package schemas

import (
	"fmt"
	"net"
	"strconv"
	"strings"
)

// The codecs of videos.
const (
	CodecH264 = "H264"
	CodecH265 = "H265"
	CodecVP9  = "VP9"
)

const (
	maxCRF         = 51
	maxCRFVP9      = 63
	maxVideoRate   = 60
	maxBitrate     = 16000
	maxQueueLength = 128
	maxDatabase    = 15
)

func (v Video) checks() []error {
	crf := maxCRF
	if v.Codec == CodecVP9 {
		crf = maxCRFVP9
	}
	checks := []error{
		oneOf("video.codec", v.Codec, CodecH265, CodecH264, CodecVP9),
		within("video.frames_limit", v.FramesLimit, 0, 1_000_000),
		within("video.expires", v.Expires, 0, 1_000_000_000), within("video.result_ttl", v.ResultTTL, 0, 1_000_000_000),
		within("video.session_timeout", v.SessionTimeout, 1, 86400),
		within("video.bitrate", v.Bitrate, 0, maxBitrate),
		within("video.crf", v.CRF, 0, crf),
		within("video.frame_rate", v.FrameRate, 0, maxVideoRate),
		oneOf("video.canvas", v.Canvas, CanvasFirst, CanvasLargest),
	}
	if v.Bitrate > 0 && v.CRF > 0 {
		checks = append(checks, &SettingsError{"video.crf", "must be 0 when there is a bitrate: a video has one of the two"})
	}
	if v.Fragmented && v.Codec == CodecVP9 {
		checks = append(checks, &SettingsError{"video.fragmented", "must be false for VP9, which has no mp4"})
	}
	return checks
}

// Whose size a video has.
const (
	CanvasFirst   = "first"
	CanvasLargest = "largest"
)

// How finished videos are queued in Redis.
const (
	RedisList   = "list"
	RedisStream = "stream"
)

func (r VideoRedis) checks() []error {
	checks := []error{
		oneOf("video_redis.queue_type", r.QueueType, RedisList, RedisStream),
		within("video_redis.port", r.Port, 1, 65535),
		within("video_redis.number", r.Number, 0, maxDatabase),
	}
	if r.QueueName == "" || len(r.QueueName) > maxQueueLength || strings.ContainsAny(r.QueueName, "{} \t\r\n") {
		checks = append(checks, &SettingsError{"video_redis.queue_name", fmt.Sprintf("must have 1 to %d characters without spaces and braces", maxQueueLength)})
	}
	if r.Host == "" {
		checks = append(checks, &SettingsError{"video_redis.host", "must be the name or address of the machine"})
	}
	if len(r.Sentinel.Sentinels) > 0 && r.Sentinel.MasterName == "" {
		checks = append(checks, &SettingsError{"video_redis.sentinel.master_name", "must be the name that the Sentinels know the master by"})
	}
	if len(r.Sentinel.Sentinels) > 0 && len(r.Cluster) > 0 {
		checks = append(checks, &SettingsError{"video_redis.cluster", "must be empty when there are Sentinels"})
	}
	if len(r.Cluster) > 0 && r.Number > 0 {
		checks = append(checks, &SettingsError{"video_redis.number", "must be 0 with a cluster, which has one database"})
	}
	checks = append(checks, hostPorts("video_redis.sentinel.sentinels", r.Sentinel.Sentinels)...)
	return append(checks, hostPorts("video_redis.cluster", r.Cluster)...)
}

func hostPorts(path string, list []string) (checks []error) {
	for i, address := range list {
		host, port, err := net.SplitHostPort(address)
		n, perr := strconv.Atoi(port)
		if err != nil || perr != nil || host == "" || n < 1 || n > 65535 {
			checks = append(checks, &SettingsError{fmt.Sprintf("%s.%d", path, i), fmt.Sprintf("must be host:port, not %q", address)})
		}
	}
	return checks
}
