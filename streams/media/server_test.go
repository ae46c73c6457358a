package media_test

import (
	"testing"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/selene-liveness/selene/streams/media"
	"github.com/selene-liveness/selene/streams/media/mediatest"
)

// s3Service runs an S3 service with an empty bucket and returns its address and key.
func s3Service(t testing.TB) (c media.S3, stop func()) {
	t.Helper()
	c, _, stop = mediatest.S3(t)
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
