// Package mediatest runs an S3 service for tests.
package mediatest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/selene-liveness/selene/streams/media"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// program returns the path of the S3 service of the tests, a real one over files. The Makefile names its version and builds it.
func program(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		found, err := filepath.Glob(filepath.Join(dir, "bin/tools/versitygw-*"))
		if err != nil {
			t.Fatal(err)
		}
		if len(found) > 0 {
			return found[len(found)-1]
		}
	}
	t.Skip("no S3 service to test with: run `make test`, which builds it")
	return ""
}

// S3 runs an S3 service with an empty bucket. It returns its address and key, the folder of its files, and what stops it, which the
// end of the test does, too.
func S3(t testing.TB) (c media.S3, folder string, stop func()) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c = media.S3{
		Endpoint: listener.Addr().String(), Bucket: "selene", Region: "eu-test-1", AccessKey: "writer", SecretKey: "a-long-secret",
	}
	listener.Close()
	folder = t.TempDir()
	for _, name := range []string{"data", "meta"} {
		if err := os.Mkdir(filepath.Join(folder, name), 0o750); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program(t), "--port", c.Endpoint, "--region", c.Region, "--quiet",
		"posix", "--sidecar", filepath.Join(folder, "meta"), filepath.Join(folder, "data"))
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+c.AccessKey, "ROOT_SECRET_KEY="+c.SecretKey)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait() // it was killed
	})
	client, err := minio.NewCore(c.Endpoint, &minio.Options{Creds: credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""), Region: c.Region})
	if err != nil {
		t.Fatal(err)
	}
	streamstest.Eventually(t, func() error {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", c.Endpoint)
		if err != nil {
			return err
		}
		return conn.Close()
	})
	if err := client.MakeBucket(t.Context(), c.Bucket, minio.MakeBucketOptions{Region: c.Region}); err != nil {
		t.Fatal(fmt.Errorf("create the bucket: %w", err))
	}
	return c, folder, stop
}
