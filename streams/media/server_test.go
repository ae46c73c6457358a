package media_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/selene-liveness/selene/streams/media"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// gateway returns the path of the S3 service of the tests, a real one over files. The Makefile names its version and builds it.
func gateway(t testing.TB) string {
	t.Helper()
	found, err := filepath.Glob("../../bin/tools/versitygw-*")
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Skip("no S3 service to test with: run `make test`, which builds it")
	}
	return found[len(found)-1]
}

// s3Service runs an S3 service with an empty bucket and returns its address and key.
func s3Service(t testing.TB) (c media.S3, stop func()) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	c = media.S3{Endpoint: "127.0.0.1:" + strconv.Itoa(port), Bucket: "selene", Region: "eu-test-1", AccessKey: "writer", SecretKey: "a-long-secret"}
	dir := t.TempDir()
	for _, name := range []string{"data", "meta"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, gateway(t), "--port", c.Endpoint, "--region", c.Region, "--quiet",
		"posix", "--sidecar", filepath.Join(dir, "meta"), filepath.Join(dir, "data"))
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+c.AccessKey, "ROOT_SECRET_KEY="+c.SecretKey)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait() // it was killed
	})
	client := s3Client(t, c)
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
	return c, stop
}

func s3Client(t testing.TB, c media.S3) *minio.Core {
	t.Helper()
	client, err := minio.NewCore(c.Endpoint, &minio.Options{Creds: credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""), Region: c.Region})
	if err != nil {
		t.Fatal(err)
	}
	return client
}
