package schemas

import (
	"fmt"
	"net"
	"strconv"
)

// The codecs of videos.
const (
	CodecH264 = "H264"
	CodecH265 = "H265"
	CodecVP9  = "VP9"
)

const (
	maxCRF       = 51
	maxCRFVP9    = 63
	maxVideoRate = 60
	maxBitrate   = 16000
	maxDatabase  = 15
)

func (v Video) checks() (checks []error) {
	if v.Codec != CodecVP9 {
		checks = append(checks, within("video.crf", v.CRF, 0, maxCRF))
	}
	if v.Bitrate > 0 && v.CRF > 0 {
		checks = append(checks, invalid("video.crf", "must be 0 when there is a bitrate: a video has one of the two"))
	}
	if v.Fragmented && v.Codec == CodecVP9 {
		checks = append(checks, invalid("video.fragmented", "must be false for VP9, which has no mp4"))
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

func (r VideoRedis) checks() (checks []error) {
	if len(r.Sentinel.Sentinels) > 0 && r.Sentinel.MasterName == "" {
		checks = append(checks, invalid("video_redis.sentinel.master_name", "must be the name that the Sentinels know the master by"))
	}
	if len(r.Sentinel.Sentinels) > 0 && len(r.Cluster) > 0 {
		checks = append(checks, invalid("video_redis.cluster", "must be empty when there are Sentinels"))
	}
	if len(r.Cluster) > 0 && r.Number > 0 {
		checks = append(checks, invalid("video_redis.number", "must be 0 with a cluster, which has one database"))
	}
	checks = append(checks, hostPorts("video_redis.sentinel.sentinels", r.Sentinel.Sentinels)...)
	return append(checks, hostPorts("video_redis.cluster", r.Cluster)...)
}

func hostPorts(path string, list []string) (checks []error) {
	for i, address := range list {
		host, port, err := net.SplitHostPort(address)
		n, perr := strconv.Atoi(port)
		if err != nil || perr != nil || host == "" || n < 1 || n > 65535 {
			checks = append(checks, invalid(fmt.Sprintf("%s.%d", path, i), fmt.Sprintf("must be host:port, not %q", address)))
		}
	}
	return checks
}
