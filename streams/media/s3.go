package media

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// bucket stores objects in a bucket of an S3 service.
type bucket struct {
	client *minio.Core
	name   string
	prefix string // of every key, "" or with a slash at its end
}

const (
	// partSize allows files of 80 GB, because S3 limits the number of parts. Of a reader without a known size, one part is
	// in memory.
	partSize     = 8 << 20
	reachTimeout = 10 * time.Second
	retries      = 3
)

func openS3(ctx context.Context, c S3) (Store, error) {
	client, err := minio.NewCore(c.Endpoint, &minio.Options{
		Creds: credentials.NewStaticV4(c.AccessKey, c.SecretKey, ""), Secure: c.TLS, Region: c.Region, MaxRetries: retries,
	})
	if err != nil {
		return nil, fmt.Errorf("SELENE_MEDIA_S3_ENDPOINT is %q: %w", c.Endpoint, err)
	}
	b := &bucket{client: client, name: c.Bucket}
	if c.Prefix != "" {
		b.prefix = c.Prefix + "/"
	}
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	for _, err := range b.List(ctx, "") {
		if err != nil {
			return nil, explain(err, c)
		}
		break
	}
	return b, nil
}

// explain adds to an error which setting to check.
func explain(err error, c S3) error {
	response := minio.ToErrorResponse(err)
	switch {
	case response.Code == minio.NoSuchBucket:
		return fmt.Errorf("S3 at %s has no bucket %s: create it, or set SELENE_MEDIA_S3_BUCKET to another: %w", c.Endpoint, c.Bucket, err)
	case response.StatusCode == http.StatusForbidden, response.StatusCode == http.StatusNotFound: // the owner of the key must change that
		return fmt.Errorf(
			"S3 at %s refuses the key %s for bucket %s: check SELENE_MEDIA_S3_ACCESS_KEY, SELENE_MEDIA_S3_SECRET_KEY and the permissions of the key: %w",
			c.Endpoint,
			c.AccessKey,
			c.Bucket,
			err,
		)
	}
	return fmt.Errorf(
		"reach S3 at %s: check SELENE_MEDIA_S3_ENDPOINT, SELENE_MEDIA_S3_TLS (%t) and SELENE_MEDIA_S3_REGION (%s): %w",
		c.Endpoint,
		c.TLS,
		c.Region,
		err,
	)
}

func (b *bucket) Put(ctx context.Context, name, mediaType string, r io.Reader) error {
	if err := checkName(name); err != nil {
		return err
	}
	r, size, err := sized(r)
	if err != nil {
		return err
	}
	_, err = b.client.Client.PutObject(
		ctx,
		b.name,
		b.prefix+name,
		r,
		size,
		minio.PutObjectOptions{ContentType: mediaType, PartSize: partSize},
	)
	return err
}

// sized returns how many bytes r has, -1 if that is unknown. Parts of files are read from the disk as they are sent.
func sized(r io.Reader) (io.Reader, int64, error) {
	s, ok := r.(io.Seeker)
	if ok {
		at, err := s.Seek(0, io.SeekCurrent)
		ok = err == nil && at == 0 // otherwise it is a pipe, or the rest of a file
	}
	if !ok {
		return struct{ io.Reader }{r}, -1, nil
	}
	size, err := s.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = s.Seek(0, io.SeekStart)
	}
	return r, size, err
}

func (b *bucket) Open(ctx context.Context, name string) (*Object, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	o, err := b.client.Client.GetObject(ctx, b.name, b.prefix+name, minio.GetObjectOptions{})
	if err != nil {
		return nil, err
	}
	stat, err := o.Stat()
	if minio.ToErrorResponse(err).Code == minio.NoSuchKey {
		err = notFound(name)
	}
	if err != nil {
		return nil, errors.Join(err, o.Close())
	}
	return &Object{o, b.describe(stat)}, nil
}

func (b *bucket) describe(o minio.ObjectInfo) Info {
	return Info{strings.TrimPrefix(o.Key, b.prefix), o.Size, o.LastModified, o.ContentType, o.ETag}
}

func (b *bucket) Delete(ctx context.Context, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	return b.client.RemoveObject(ctx, b.name, b.prefix+name, minio.RemoveObjectOptions{})
}

func (b *bucket) List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		for o := range b.client.ListObjectsIter(ctx, b.name, minio.ListObjectsOptions{Prefix: b.prefix + prefix, Recursive: true}) {
			info := b.describe(o)
			if o.Err == nil && !isName(info.Name) {
				continue
			}
			if !yield(info, o.Err) || o.Err != nil {
				return
			}
		}
	}
}

// Clean aborts multipart uploads that began before a time.
func (b *bucket) Clean(ctx context.Context, before time.Time) error {
	ctx, cancel := context.WithCancel(ctx) // ends the listing
	defer cancel()
	for u := range b.client.ListIncompleteUploads(ctx, b.name, b.prefix, true) {
		if u.Err != nil {
			return u.Err
		}
		if !u.Initiated.Before(before) {
			continue
		}
		err := b.client.AbortMultipartUpload(ctx, b.name, u.Key, u.UploadID)
		if err != nil && minio.ToErrorResponse(err).Code != minio.NoSuchUpload {
			return err
		}
	}
	return nil
}
