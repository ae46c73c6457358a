package schemas

import (
	"net"
	"regexp"
	"strconv"
)

// VideoRedis states where finished videos are announced.
type VideoRedis struct {
	IsEnabled bool          `json:"is_enabled"`
	QueueName string        `json:"queue_name"`
	QueueType string        `json:"queue_type"`
	Host      string        `json:"host"`
	Port      int           `json:"port"`
	Number    int           `json:"number"`
	User      string        `json:"user"`
	Password  string        `json:"password"`
	TLS       bool          `json:"tls"`
	Sentinel  RedisSentinel `json:"sentinel"`
	Cluster   []string      `json:"cluster"`
}

// RedisSentinel lists the Sentinels that monitor the master; without any, Host is the master.
type RedisSentinel struct {
	MasterName string   `json:"master_name"`
	Sentinels  []string `json:"sentinels"`
	User       string   `json:"user"`
	Password   string   `json:"password"`
}

// The kinds of queue in Redis.
const (
	RedisList   = "list"
	RedisStream = "stream"
)

// Escaped so that the pattern attribute of HTML, which is stricter, takes them too.
var (
	queueName = regexp.MustCompile(`^[^\{\} \t\r\n]{1,128}$`)
	oneWord   = regexp.MustCompile(`^\S+$`)
)

const wantHostPort = "must be host:port"

func (r *VideoRedis) fields() []field {
	return []field{
		{at: &r.IsEnabled, title: "Enabled", about: "Announces finished videos in Redis."},
		{
			at: &r.QueueName, title: "Queue name", value: "default", shape: queueName,
			want:  "must have 1 to 128 characters without spaces and braces",
			about: "Key of the queue: 1 to 128 characters without spaces and braces.",
		},
		{
			at: &r.QueueType, title: "Queue type", value: RedisList, oneOf: []string{RedisList, RedisStream},
			about: "Data type of the queue.",
		},
		{
			at: &r.Host, title: "Host", value: "127.0.0.1", shape: oneWord, want: "must be the name or address of the machine",
			about: "Name or address of the machine.",
		},
		{at: &r.Port, title: "Port", value: 6379, low: 1, high: 65535, about: "Port of the machine."},
		{at: &r.Number, title: "Database", high: 15, about: "Number of the database. With a cluster it must be 0."},
		{at: &r.User, title: "User", about: "Empty: the default user."},
		{at: &r.Password, title: "Password", secret: true, about: "Password of the user."},
		{at: &r.TLS, title: "TLS", about: "Encrypts the connection."},
		{
			at: &r.Sentinel, title: "Sentinel",
			about: "The Sentinels that know the master. Without any, the host is the master.",
		},
		{
			at: &r.Cluster, title: "Cluster", value: []string{}, allowed: isHostPort, want: wantHostPort,
			about: "Some nodes of a cluster, each as host:port. Empty: no cluster.",
		},
	}
}

func (s *RedisSentinel) fields() []field {
	return []field{
		{at: &s.MasterName, title: "Master name", about: "The name by which the Sentinels know the master."},
		{
			at: &s.Sentinels, title: "Sentinels", value: []string{}, allowed: isHostPort, want: wantHostPort,
			about: "Each as host:port. Empty: no Sentinels.",
		},
		{at: &s.User, title: "User", about: "User of the Sentinels. Empty: the default user."},
		{at: &s.Password, title: "Password", secret: true, about: "Password of the user of the Sentinels."},
	}
}

func (r *VideoRedis) checks() (checks []error) {
	if len(r.Sentinel.Sentinels) > 0 && r.Sentinel.MasterName == "" {
		checks = append(checks, invalid("video_redis.sentinel.master_name", "must be the name by which the Sentinels know the master"))
	}
	if len(r.Sentinel.Sentinels) > 0 && len(r.Cluster) > 0 {
		checks = append(checks, invalid("video_redis.cluster", "must be empty when there are Sentinels"))
	}
	if len(r.Cluster) > 0 && r.Number > 0 {
		checks = append(checks, invalid("video_redis.number", "must be 0 with a cluster, which has one database"))
	}
	return checks
}

func isHostPort(address string) bool {
	host, port, err := net.SplitHostPort(address)
	n, wrong := strconv.Atoi(port)
	return err == nil && wrong == nil && host != "" && n >= 1 && n <= 65535
}
