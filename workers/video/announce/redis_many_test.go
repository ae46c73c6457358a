package announce

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/selene-liveness/selene/streams/streamstest"
)

// The master dies: the next announcement goes to the server that the Sentinel promotes.
func TestRedisFailover(t *testing.T) {
	t.Parallel()
	i := install(t)
	auth := []string{"--requirepass", "hush", "--masterauth", "hush"}
	cli := []string{"-a", "hush", "--no-auth-warning"}
	master := redisServer(t, auth...)
	master.cli = cli
	master.start()
	replica := redisServer(t, append(auth, "--replicaof", fmt.Sprintf("127.0.0.1 %d", master.port))...)
	replica.cli = cli
	replica.start()
	sentinel := redisServer(t)
	sentinel.cli = []string{"--user", "watcher", "--pass", "silence", "--no-auth-warning"}
	config := filepath.Join(sentinel.dir, "sentinel.conf")
	lines := []string{
		"bind 127.0.0.1", fmt.Sprintf("port %d", sentinel.port), "dir " + sentinel.dir,
		"user watcher on >silence +@all allchannels", "user default off",
		fmt.Sprintf("sentinel monitor m 127.0.0.1 %d 1", master.port), "sentinel auth-pass m hush",
		"sentinel down-after-milliseconds m 500", "sentinel failover-timeout m 3000",
	}
	if err := os.WriteFile(config, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	sentinel.launch(config, "--sentinel")
	streamstest.Eventually(t, func() error {
		if up := master.do("INFO", "replication"); !strings.Contains(up, "state=online") {
			return errors.New(up)
		}
		if known := sentinel.do("SENTINEL", "REPLICAS", "m"); !strings.Contains(known, "master-link-status\nok") {
			return fmt.Errorf("the Sentinel lists %s", known)
		}
		return nil
	})
	i.set(map[string]any{
		"password": "hush", "port": 1, // unused: the Sentinels know the address
		"sentinel": map[string]any{"master_name": "m", "sentinels": []string{fmt.Sprintf("127.0.0.1:%d", sentinel.port)}, "user": "watcher", "password": "silence"},
	})
	tried := i.announce(Hook{}, "")
	first := i.finish(nil).GetSession()
	if a := i.delivered(first); !strings.Contains(a.GetTarget(), "master m") {
		t.Errorf("got %v", a)
	}
	<-tried
	replica.wants("1", "LLEN", "default") // replicated
	died := time.Now()
	master.stop()
	second := i.finish(nil).GetSession()
	a := i.delivered(second)
	t.Logf("announced %s after the master died, in try %d", time.Since(died).Round(time.Millisecond), a.GetTries())
	replica.wants(wanted(first)+"\n"+wanted(second), "LRANGE", "default", "0", "-1")
}

// The queue and the hashes of a cluster are in one slot, on any node.
func TestRedisCluster(t *testing.T) {
	t.Parallel()
	i := install(t)
	var nodes []*server
	for range 3 {
		nodes = append(nodes, redisServer(t, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000").start())
	}
	for n, slots := range [][2]string{{"0", "5460"}, {"5461", "10922"}, {"10923", "16383"}} {
		nodes[n].do("CLUSTER", "ADDSLOTSRANGE", slots[0], slots[1])
		nodes[n].do("CLUSTER", "SET-CONFIG-EPOCH", fmt.Sprint(n+1))
	}
	for _, other := range nodes[1:] {
		nodes[0].do("CLUSTER", "MEET", "127.0.0.1", fmt.Sprint(other.port))
	}
	streamstest.Eventually(t, func() error {
		for _, n := range nodes {
			if info := n.do("CLUSTER", "INFO"); !strings.Contains(info, "cluster_state:ok") || !strings.Contains(info, "cluster_known_nodes:3") {
				return errors.New(info)
			}
		}
		return nil
	})
	i.announce(Hook{}, "")
	homes := map[int]bool{}
	for _, queue := range []string{"a", "b", "c", "d"} {
		i.set(map[string]any{"queue_name": queue, "cluster": []string{fmt.Sprintf("127.0.0.1:%d", nodes[0].port)}})
		session := i.finish(nil).GetSession()
		i.delivered(session)
		found := 0
		for n, node := range nodes {
			if list, err := node.try("LRANGE", queue, "0", "-1"); err == nil && list == wanted(session) {
				found++
				homes[n] = true
				if got := node.do("HGET", "{"+queue+"}:"+session, "session_id"); got != session {
					t.Errorf("queue %s: the hash is not beside it", queue)
				}
			}
		}
		if found != 1 {
			t.Errorf("queue %s is on %d nodes", queue, found)
		}
	}
	if len(homes) < 2 {
		t.Errorf("all queues are on one node: %v", homes)
	}
}

// Redis runs the script and its reply does not arrive in time: a retry does not run it again.
func TestRedisUnknownOutcome(t *testing.T) {
	t.Parallel()
	i := install(t)
	r := redisServer(t).start()
	i.set(map[string]any{"port": r.port})
	tried := i.announce(Hook{}, "")
	i.delivered(i.finish(nil).GetSession()) // it is connected and knows the script
	<-tried
	if err := r.run.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	session := i.finish(nil).GetSession()
	<-tried
	if err := r.run.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if a := i.delivered(session); a.GetTries() < 2 || a.GetDetail() != "already queued" {
		t.Errorf("got %v", a)
	}
	r.wants("2", "LLEN", "default")
}
