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
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/selene-liveness/selene/streams/media"
	"github.com/selene-liveness/selene/streams/streamstest"
)

// The S3 service of the tests is a real one, over files. It is built once into bin/tools, in about a minute.
const (
	gateway        = "github.com/versity/versitygw/cmd/versitygw"
	gatewayVersion = "v1.8.0"
	gatewayBuild   = 10 * time.Minute
)

func gatewayPath(t testing.TB) string {
	t.Helper()
	tools, err := filepath.Abs("../../bin/tools")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(tools, "versitygw-"+gatewayVersion)
	if _, err := os.Stat(path); err == nil {
		return path
	}
	built, err := os.MkdirTemp("", "selene-gateway-")
	if err == nil {
		err = os.MkdirAll(tools, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(built)
	c := exec.CommandContext(streamstest.Context(t, gatewayBuild), "go", "install", gateway+"@"+gatewayVersion)
	c.Env = append(os.Environ(), "GOBIN="+built, "GOFLAGS=", "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		t.Skipf("no S3 service to test with: build %s: %v\n%s", gateway, err, out)
	}
	if err := os.Rename(filepath.Join(built, "versitygw"), path); err == nil {
		return path
	}
	data, err := os.ReadFile(filepath.Join(built, "versitygw")) // bin is on another disk
	if err == nil {
		err = os.WriteFile(path+".part", data, 0o755)
	}
	if err == nil {
		err = os.Rename(path+".part", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// s3Service runs an S3 service with an empty bucket, and is how to reach it.
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
	cmd := exec.CommandContext(ctx, gatewayPath(t), "--port", c.Endpoint, "--region", c.Region, "--quiet",
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
	streamstest.Eventually(t, 20*time.Second, func() error {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", c.Endpoint)
		if err != nil {
			return err
		}
		return conn.Close()
	})
	if err := client.MakeBucket(t.Context(), c.Bucket, minio.MakeBucketOptions{Region: c.Region}); err != nil {
		t.Fatal(fmt.Errorf("make the bucket: %w", err))
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
