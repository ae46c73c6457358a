package media

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// The stores.
const (
	StoreObjects   = "objects"
	StoreDirectory = "directory"
	StoreS3        = "s3"
)

// Config gives the place where media are stored, and for how long. It must be the same in every process that reads or writes them.
type Config struct {
	Store string `envconfig:"STORE" default:"objects" desc:"where media are stored: objects (in the broker), directory or s3"`
	Dir   string `envconfig:"DIR" desc:"folder of the store directory"`
	S3    S3     `envconfig:"S3"`
	TTL   TTL    `envconfig:"TTL"`
}

// S3 is a bucket of an S3 service with the key to it.
type S3 struct {
	Endpoint  string `envconfig:"ENDPOINT" desc:"host, or host:port, of the S3 service"`
	Bucket    string `envconfig:"BUCKET" desc:"the bucket, which must exist"`
	Region    string `envconfig:"REGION" default:"us-east-1" desc:"the bucket's region"`
	AccessKey string `envconfig:"ACCESS_KEY" desc:"name of the key to the bucket"`
	SecretKey string `envconfig:"SECRET_KEY" desc:"the key's secret"`
	TLS       bool   `envconfig:"TLS" default:"true" desc:"whether the endpoint uses HTTPS"`
	Prefix    string `envconfig:"PREFIX" desc:"folder of the bucket in which everything is stored"`
}

// TTL is the time that each kind of object is kept; 0 = forever. Exports are kept as long as their job.
type TTL struct {
	Video     time.Duration `envconfig:"VIDEO" default:"720h" desc:"how long videos are kept; 0 = forever"`
	BestShot  time.Duration `envconfig:"BEST_SHOT" default:"720h" desc:"how long best shots are kept; 0 = forever"`
	Reference time.Duration `envconfig:"REFERENCE" default:"720h" desc:"how long reference faces are kept; 0 = forever"`
}

const month = 30 * 24 * time.Hour

// DefaultConfig returns the configuration of an empty environment.
func DefaultConfig() Config {
	return Config{Store: StoreObjects, S3: S3{Region: "us-east-1", TLS: true}, TTL: TTL{Video: month, BestShot: month, Reference: month}}
}

// Open opens a store outside the broker. It uses the store once, so that a wrong configuration is reported now.
func Open(ctx context.Context, c Config) (Store, error) {
	switch c.Store {
	case StoreDirectory:
		return openDirectory(c.Dir)
	case StoreS3:
		return openS3(ctx, c.S3)
	}
	return nil, fmt.Errorf("media store %q cannot be opened outside the broker", c.Store)
}

// Check returns an error that lists what is wrong with the configuration.
func (c Config) Check() error {
	var errs []error
	wrong := func(format string, a ...any) { errs = append(errs, fmt.Errorf(format, a...)) }
	switch c.Store {
	case StoreObjects:
	case StoreDirectory:
		if c.Dir == "" {
			wrong("SELENE_MEDIA_DIR must name the folder for media when SELENE_MEDIA_STORE is %s", StoreDirectory)
		}
	case StoreS3:
		for _, v := range []struct{ name, value string }{
			{"ENDPOINT", c.S3.Endpoint}, {"BUCKET", c.S3.Bucket}, {"ACCESS_KEY", c.S3.AccessKey}, {"SECRET_KEY", c.S3.SecretKey},
		} {
			if v.value == "" {
				wrong("SELENE_MEDIA_S3_%s must be set when SELENE_MEDIA_STORE is %s", v.name, StoreS3)
			}
		}
		if strings.Contains(c.S3.Endpoint, "/") {
			wrong(
				"SELENE_MEDIA_S3_ENDPOINT is %q: it must be host or host:port only; for http, set SELENE_MEDIA_S3_TLS=false",
				c.S3.Endpoint,
			)
		}
		if c.S3.Prefix != "" && !isName(c.S3.Prefix) {
			wrong(
				"SELENE_MEDIA_S3_PREFIX is %q: it must be words of letters, digits, '.', '_' and '-' with single slashes between them",
				c.S3.Prefix,
			)
		}
	default:
		wrong("SELENE_MEDIA_STORE is %q: it must be %s, %s or %s", c.Store, StoreObjects, StoreDirectory, StoreS3)
	}
	for _, v := range []struct {
		name string
		ttl  time.Duration
	}{{"VIDEO", c.TTL.Video}, {"BEST_SHOT", c.TTL.BestShot}, {"REFERENCE", c.TTL.Reference}} {
		if v.ttl < 0 {
			wrong("SELENE_MEDIA_TTL_%s is %s: it must be 0 (forever) or more", v.name, v.ttl)
		}
	}
	return errors.Join(errs...)
}
