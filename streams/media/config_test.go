package media_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kelseyhightower/envconfig"

	"github.com/selene-liveness/selene/streams/media"
	"github.com/selene-liveness/selene/streams/streamstest"
)

func TestDefaultConfigIsThatOfAnEmptyEnvironment(t *testing.T) {
	var c media.Config
	if err := envconfig.Process("NOTHING_SAYS", &c); err != nil {
		t.Fatal(err)
	}
	if c != media.DefaultConfig() {
		t.Errorf("%+v is not %+v", c, media.DefaultConfig())
	}
	if err := c.Check(); err != nil {
		t.Error(err)
	}
}

func TestConfigErrorsSayWhatToSet(t *testing.T) {
	full := media.S3{Endpoint: "s3.example.com", Bucket: "b", AccessKey: "a", SecretKey: "s"}
	with := func(change func(*media.S3)) media.Config {
		c := media.Config{Store: media.StoreS3, S3: full}
		change(&c.S3)
		return c
	}
	if err := with(func(*media.S3) {}).Check(); err != nil {
		t.Error(err)
	}
	for says, c := range map[string]media.Config{
		"SELENE_MEDIA_STORE":         {Store: "floppy"},
		"SELENE_MEDIA_DIR":           {Store: media.StoreDirectory},
		"SELENE_MEDIA_S3_ENDPOINT":   with(func(s *media.S3) { s.Endpoint = "https://s3.example.com" }),
		"SELENE_MEDIA_S3_BUCKET":     with(func(s *media.S3) { s.Bucket = "" }),
		"SELENE_MEDIA_S3_ACCESS_KEY": with(func(s *media.S3) { s.AccessKey = "" }),
		"SELENE_MEDIA_S3_SECRET_KEY": with(func(s *media.S3) { s.SecretKey = "" }),
		"SELENE_MEDIA_S3_PREFIX":     with(func(s *media.S3) { s.Prefix = "/x" }),
		"SELENE_MEDIA_TTL_BEST_SHOT": {Store: media.StoreObjects, TTL: media.TTL{BestShot: -time.Second}},
	} {
		if err := c.Check(); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("got %v, want an error about %s", err, says)
		}
	}
}

func TestUnusableFolders(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "below"), "/proc/selene"} {
		_, err := media.Open(t.Context(), media.Config{Store: media.StoreDirectory, Dir: dir})
		if err == nil || !strings.Contains(err.Error(), "SELENE_MEDIA_DIR") {
			t.Errorf("%s: %v", dir, err)
		}
	}
}

func TestUnusableServices(t *testing.T) {
	good, stop := s3Service(t)
	for name, c := range map[string]struct {
		change func(*media.S3)
		says   string
	}{
		"no such bucket": {func(s *media.S3) { s.Bucket = "nowhere" }, "SELENE_MEDIA_S3_BUCKET"},
		"wrong key":      {func(s *media.S3) { s.AccessKey = "somebody" }, "SELENE_MEDIA_S3_ACCESS_KEY"},
		"wrong secret":   {func(s *media.S3) { s.SecretKey = "guessed" }, "SELENE_MEDIA_S3_SECRET_KEY"},
		"wrong region":   {func(s *media.S3) { s.Region = "us-east-1" }, "SELENE_MEDIA_S3_REGION"},
		"TLS to plain":   {func(s *media.S3) { s.TLS = true }, "SELENE_MEDIA_S3_TLS"},
		"unreachable":    {func(s *media.S3) { s.Endpoint = "127.0.0.1:1" }, "SELENE_MEDIA_S3_ENDPOINT"},
		"no endpoint":    {func(s *media.S3) { s.Endpoint = "host:port:more" }, "SELENE_MEDIA_S3_ENDPOINT"},
	} {
		t.Run(name, func(t *testing.T) {
			bad := good
			c.change(&bad)
			_, err := media.Open(streamstest.Context(t), media.Config{Store: media.StoreS3, S3: bad})
			if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), good.SecretKey) {
				t.Errorf("got %v, want an error about %s", err, c.says)
			}
			t.Log(err)
		})
	}
	store := open(t, media.Config{Store: media.StoreS3, S3: good})
	stop()
	ctx := streamstest.Context(t)
	if err := store.Put(ctx, "a", "x/y", strings.NewReader("x")); err == nil {
		t.Error("an unreachable service stored an object")
	}
	if _, err := store.Open(ctx, "a"); err == nil {
		t.Error("an unreachable service returned an object")
	}
}
