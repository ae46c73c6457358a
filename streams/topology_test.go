package streams

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"
)

// README.md shows the declared streams.
func TestReadmeShowsTheTopology(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for line := range strings.Lines(string(readme)) {
		if strings.HasPrefix(line, "| ") && strings.Contains(line, ".<") {
			rows = append(rows, strings.TrimSpace(line))
		}
	}
	tokens := map[string]string{Verdicts: "<decider>.<worker>.<session>", RerunVerdicts: "<worker>.<session>", Dead: "<worker>.<session>", Hashes: "<hash>.<session>", Exports: "<job>", Audit: "<section>"}
	for i, s := range topology(DefaultLimits()) {
		last := tokens[s.Name]
		if last == "" {
			last = "<session>"
		}
		subject := strings.Replace(strings.TrimSuffix(s.Subjects[0], ">"), "*", "<run>", 1) + last
		kept := fmt.Sprintf("file, %s", s.MaxAge)
		if s.Storage == jetstream.MemoryStorage {
			kept = fmt.Sprintf("memory, %s", s.MaxAge)
		}
		if s.Retention == jetstream.WorkQueuePolicy {
			kept = fmt.Sprintf("file, until done, %d messages", s.MaxMsgs)
		}
		if s.MaxBytes > 0 {
			kept += fmt.Sprintf(", %d MiB", s.MaxBytes/megabyte)
		}
		want := fmt.Sprintf("| %s | `%s` | %s | %s |", s.Name, subject, s.Description, kept)
		if i >= len(rows) || rows[i] != want {
			t.Errorf("README.md does not have the row\n%s", want)
		}
	}
}

func TestReadmeShowsTheBuckets(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range buckets(DefaultLimits()) {
		if row := fmt.Sprintf("| `%s` | %s |\n", b.Bucket, b.Description); !strings.Contains(string(readme), row) {
			t.Errorf("README.md does not have the row\n%s", row)
		}
	}
}

func TestBrokerVersion(t *testing.T) {
	for version, ok := range map[string]bool{
		"2.12.14": false, "2.12.15": true, "2.14.4": false, "2.14.5": true, "2.15.2": true, "2.9.10": false,
		"3.0.0": true, "2.14.5-RC.1": true, "2.13.9": false, "weekly": false,
	} {
		if err := checkVersion(version); (err == nil) != ok {
			t.Errorf("%s: %v", version, err)
		}
	}
}
