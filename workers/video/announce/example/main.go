// The program example reads finished videos from the queue in Redis and prints their URLs.
//
//	go run ./workers/video/announce/example redis://127.0.0.1:6379/0 default
//	go run ./workers/video/announce/example -stream redis://127.0.0.1:6379/0 default
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"

	"github.com/redis/go-redis/v9"

	"github.com/selene-liveness/selene/workers/video/announce"
)

func main() {
	stream := flag.Bool("stream", false, "the queue is a stream, not a list")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := follow(ctx, flag.Arg(0), flag.Arg(1), *stream); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:forbidigo // this is a program
	}
}

func follow(ctx context.Context, url, queue string, stream bool) error {
	options, err := redis.ParseURL(url)
	if err != nil {
		return err
	}
	client := redis.NewClient(options)
	defer client.Close()
	if stream {
		return followStream(ctx, client, queue)
	}
	for {
		popped, err := client.BLPop(ctx, 0, queue).Result()
		if err != nil {
			return err
		}
		if err := handle(popped[1]); err != nil {
			return err
		}
	}
}

// followStream reads as a member of a group: each record goes to one member, and again until it is acknowledged.
func followStream(ctx context.Context, client *redis.Client, queue string) error {
	const group, me = "example", "one"
	if err := client.XGroupCreateMkStream(ctx, queue, group, "0").Err(); err != nil && !redis.HasErrorPrefix(err, "BUSYGROUP") {
		return err
	}
	from := "0" // first the records that this member received and did not acknowledge
	for {
		read, err := client.XReadGroup(ctx, &redis.XReadGroupArgs{Group: group, Consumer: me, Streams: []string{queue, from}, Count: 10}).
			Result()
		if err != nil {
			return err
		}
		if len(read[0].Messages) == 0 {
			from = ">" // then those that no member has received
		}
		for _, m := range read[0].Messages {
			record, _ := m.Values["record"].(string)
			if err := errors.Join(handle(record), client.XAck(ctx, queue, group, m.ID).Err()); err != nil {
				return err
			}
		}
	}
}

func handle(record string) error {
	var r announce.Record
	if err := json.Unmarshal([]byte(record), &r); err != nil {
		return fmt.Errorf("parse record %q: %w", record, err)
	}
	_, err := fmt.Fprintln(os.Stdout, r.Session, r.Result, r.File, r.Reason)
	return err
}
