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

// Config says where media are kept, and how long. It must be the same in every process that reads or writes them.
type Config struct {
	Store string `envconfig:"STORE" default:"objects" desc:"where media are kept: objects (in the broker), directory or s3"`
	Dir   string `envconfig:"DIR" desc:"folder of the store directory"`
	S3    S3     `envconfig:"S3"`
	TTL   TTL    `envconfig:"TTL"`
}

// S3 is a bucket of an S3 service, and who may use it.
type S3 struct {
	Endpoint  string `envconfig:"ENDPOINT" desc:"host, or host:port, of the S3 service"`
	Bucket    string `envconfig:"BUCKET" desc:"the bucket, which must exist"`
	Region    string `envconfig:"REGION" default:"us-east-1" desc:"the bucket's region"`
	AccessKey string `envconfig:"ACCESS_KEY" desc:"name of the key to the bucket"`
	SecretKey string `envconfig:"SECRET_KEY" desc:"the key's secret"`
	TLS       bool   `envconfig:"TLS" default:"true" desc:"whether the endpoint speaks HTTPS"`
	Prefix    string `envconfig:"PREFIX" desc:"folder of the bucket below which everything is kept"`
}

// TTL is how long each kind of object is kept; 0 = for ever. Exports are kept as long as their job is known.
type TTL struct {
	Video     time.Duration `envconfig:"VIDEO" default:"720h" desc:"how long videos are kept; 0 = for ever"`
	BestShot  time.Duration `envconfig:"BEST_SHOT" default:"720h" desc:"how long best shots are kept; 0 = for ever"`
	Reference time.Duration `envconfig:"REFERENCE" default:"720h" desc:"how long reference faces are kept; 0 = for ever"`
}

const month = 30 * 24 * time.Hour

// DefaultConfig is what an empty environment says.
func DefaultConfig() Config {
	return Config{Store: StoreObjects, S3: S3{Region: "us-east-1", TLS: true}, TTL: TTL{Video: month, BestShot: month, Reference: month}}
}

// Open opens the store that is not in the broker. It reaches it once, so that what is wrong with it is known at once.
func Open(ctx context.Context, c Config) (Store, error) {
	switch c.Store {
	case StoreDirectory:
		return openDirectory(c.Dir)
	case StoreS3:
		return openS3(ctx, c.S3)
	}
	return nil, fmt.Errorf("media store %q is no store of its own", c.Store)
}

// Check says what is wrong with the configuration itself.
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
			wrong("SELENE_MEDIA_S3_ENDPOINT is %q: it must be host or host:port alone; SELENE_MEDIA_S3_TLS=false stands for http", c.S3.Endpoint)
		}
		if c.S3.Prefix != "" && !isName(c.S3.Prefix) {
			wrong("SELENE_MEDIA_S3_PREFIX is %q: it must be words of letters, digits, '.', '_' and '-' with single slashes between them", c.S3.Prefix)
		}
	default:
		wrong("SELENE_MEDIA_STORE is %q: it must be %s, %s or %s", c.Store, StoreObjects, StoreDirectory, StoreS3)
	}
	for _, v := range []struct {
		name string
		ttl  time.Duration
	}{{"VIDEO", c.TTL.Video}, {"BEST_SHOT", c.TTL.BestShot}, {"REFERENCE", c.TTL.Reference}} {
		if v.ttl < 0 {
			wrong("SELENE_MEDIA_TTL_%s is %s: it must be 0, for ever, or more", v.name, v.ttl)
		}
	}
	return errors.Join(errs...)
}
