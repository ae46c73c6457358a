package edge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/kelseyhightower/envconfig"

	"github.com/selene-liveness/selene/edge/internal/token"
	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/settings"
	"github.com/selene-liveness/selene/streams/streamstest"
)

func TestEverythingIsServedOnOneAddress(t *testing.T) {
	i := install(t, Config{Tokens: "optional"})
	if answer, body := i.get("/"); answer.StatusCode != http.StatusOK || !strings.Contains(strings.ToLower(string(body)), "<!doctype html>") {
		t.Errorf("the page: %s %.100s", answer.Status, body)
	} else if answer.Header.Get("X-Frame-Options") == "DENY" || answer.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("the page: %v", answer.Header)
	}
	if answer, body := i.get("/metrics"); !strings.Contains(string(body), `selene_edge_frames_total{reply="SUCCESS"} 0`) || !strings.Contains(string(body), "go_goroutines") {
		t.Errorf("metrics: %s", answer.Status)
	}
	if _, body := i.get("/.well-known/jwks.json"); strings.Contains(string(body), "HS256") || !strings.Contains(string(body), "EdDSA") {
		t.Errorf("an HS256 key is published: %s", body)
	}
	if answer, _ := i.get("/ws"); answer.StatusCode != http.StatusBadRequest {
		t.Errorf("/ws without a WebSocket: %s", answer.Status)
	}
	streamstest.Go(t, func(ctx context.Context) error { return i.conn.ServeDecider(ctx, "d", func(*schemas.Verdict) {}) })
	streamstest.Eventually(t, func() error { _, err := i.conn.AskDecider(t.Context()); return err })
	ws, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(i.url, "http")+"/ws", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.Close()
	data, err := lpproto.NewConnect(lpproto.ConnectRequest{}).Encode()
	if err == nil {
		err = ws.WriteMessage(websocket.TextMessage, data)
	}
	if err == nil {
		_, data, err = ws.ReadMessage()
	}
	m, parse := lpproto.Parse(data)
	if err := errors.Join(err, parse); err != nil || m.Command != lpproto.Connected {
		t.Fatalf("got %s, %v", data, err)
	}
	id := m.Header(lpproto.HeaderSessionID)
	answer, body := i.do(http.MethodDelete, "/v1/sessions/"+id, nil)
	wantProblem(t, answer, body, http.StatusConflict)
	if answer, body = i.get("/v1/sessions/" + id); !strings.Contains(string(body), `"outcome":"OUTCOME_CONTINUE"`) {
		t.Errorf("got %s %s", answer.Status, body)
	}
}

func TestUIConfigsNameTheSitesThatMayEmbedThePage(t *testing.T) {
	i := install(t, Config{})
	for path, want := range map[string]string{
		"/v1/ui-configs/shop": `{"parent_origins":["https://shop.example"]}`, "/v1/ui-configs/plain": `{}`,
	} {
		if answer, body := i.do(http.MethodPut, path, []byte(want)); answer.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s %s", path, answer.Status, body)
		}
	}
	for path, want := range map[string]string{
		"/": "'self'", "/?cn=plain": "'self'", "/?cn=none": "'self'", "/?cn=..%2F*": "'self'", "/admin/?cn=shop": "'self'",
		"/?cn=shop": "'self' https://shop.example", "/?cn=shop&cn=plain": "'self' https://shop.example",
	} {
		answer, _ := i.get(path)
		if _, got, _ := strings.Cut(answer.Header.Get("Content-Security-Policy"), "; frame-ancestors "); got != want {
			t.Errorf("%s: %s may embed it, want %s", path, got, want)
		}
	}
}

func TestSecretsAreGeneratedOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	c := Config{DataDir: dir}
	first, generated, err := c.LoadAdminToken()
	if err != nil || !generated || len(first) < 32 {
		t.Fatalf("got %q %v %v", first, generated, err)
	}
	again, generated, err := c.LoadAdminToken()
	if err != nil || generated || again != first {
		t.Fatalf("got %q %v %v", again, generated, err)
	}
	c.AdminToken = "mine"
	if mine, generated, err := c.LoadAdminToken(); err != nil || generated || mine != "mine" {
		t.Fatalf("got %q %v %v", mine, generated, err)
	}
	info, err := os.Stat(filepath.Join(dir, keptAdminToken))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", info, err)
	}
}

func TestWeakKeyOutsideDevelopment(t *testing.T) {
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	c := Config{JWTKey: "secret", DataDir: t.TempDir()}
	if _, err := New(ctx, conn, c); !errors.Is(err, token.ErrWeakKey) {
		t.Fatalf("got %v", err)
	}
	if _, err := settings.New(conn).Put(ctx, []byte(`{"env":"development"}`)); err != nil {
		t.Fatal(err)
	}
	i := attach(t, conn, c)
	if _, err := settings.New(conn).Put(ctx, []byte(`{"env":"production"}`)); err != nil {
		t.Fatal(err)
	}
	answer, body := i.get("/readyz")
	if p := wantProblem(t, answer, body, http.StatusServiceUnavailable); !strings.Contains(strings.Join(p.Missing, "\n"), "token key") {
		t.Errorf("got %+v", p)
	}
}

func TestConfiguration(t *testing.T) {
	t.Setenv("SELENE_ORIGINS", "https://a.example,https://b.example")
	t.Setenv("SELENE_JWT_KEY", "hush")
	t.Setenv("ADDR", "not-ours")
	var c Config
	if err := envconfig.Process("", &c); err != nil {
		t.Fatal(err)
	}
	if c.Addr != "127.0.0.1:8321" || len(c.Origins) != 2 || c.JWTKey != "hush" || c.Deadline != 5*time.Second || c.MaxMessage != lpproto.MaxMessageBytes {
		t.Errorf("got %+v", c)
	}
	if data, _ := json.Marshal(c); strings.Contains(string(data)+fmt.Sprintf("%+v", c), "hush") {
		t.Error("the key is printed")
	}
	c.MaxMessage = 1 << 30
	if _, err := c.gateway(); err == nil || !strings.Contains(err.Error(), "SELENE_MAX_MESSAGE") {
		t.Errorf("got %v", err)
	}
}

func TestAddressInUse(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	e, err := New(ctx, conn, Config{Addr: l.Addr().String(), DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Run(ctx); err == nil || !strings.Contains(err.Error(), "SELENE_ADDR") {
		t.Fatalf("got %v", err)
	}
}

func TestGuardConfiguration(t *testing.T) {
	t.Setenv("SELENE_TRUSTED_PROXIES", "10.0.0.0/8, 127.0.0.1")
	var c Config
	if err := envconfig.Process("", &c); err != nil || c.RateLimit != 100 || len(c.Proxies) != 2 {
		t.Errorf("got %+v, %v", c, err)
	}
	if _, err := c.guard(); err != nil {
		t.Error(err)
	}
	for _, c := range []Config{{Proxies: []string{"proxy.example"}}, {Proxies: []string{"10.0.0.0/33"}}, {RateLimit: -1}, {RateLimit: math.NaN()}, {RateLimit: 1e300}} {
		if _, err := c.guard(); err == nil || !strings.Contains(err.Error(), "SELENE_") {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestSessionTokensSetting(t *testing.T) {
	for text, wrong := range map[string]bool{"": false, "optional": false, "required": false, "yes": true} {
		c, err := (Config{Tokens: text, MaxMessage: 1}).gateway()
		if (err != nil) != wrong {
			t.Errorf("%q: %v", text, err)
		}
		if err != nil {
			continue
		}
		production, development := schemas.DefaultSettings(), schemas.DefaultSettings()
		development.Env = "development"
		needs := func(s *schemas.Settings) bool { return c.NeedsToken != nil && c.NeedsToken(s) }
		if needs(production) != (text != "optional") || needs(development) != (text == "required") {
			t.Errorf("%q: %+v, %v", text, c, err)
		}
	}
}

// Only where nobody else can connect does "up" open sessions without a token by itself.
func TestOpenLocally(t *testing.T) {
	for _, c := range []struct {
		Config
		open bool
	}{
		{Config{Addr: "127.0.0.1:8321"}, true},
		{Config{Addr: "[::1]:0"}, true},
		{Config{Addr: "localhost:1"}, true},
		{Config{Addr: ":8321"}, false},
		{Config{Addr: "0.0.0.0:8321"}, false},
		{Config{Addr: "192.0.2.1:1"}, false},
		{Config{Addr: "127.0.0.1:1", Tokens: "required"}, false},
		{Config{Addr: "127.0.0.1:1", Proxies: []string{"127.0.0.1"}}, false},
	} {
		if got := c.OpenLocally(); got != c.open || got != (c.Tokens == "optional") {
			t.Errorf("%+v: %t", c.Config, got)
		}
	}
}

func TestVariantMustExist(t *testing.T) {
	conn := streamstest.Connect(t, streamstest.Broker(t, false))
	ctx := streamstest.Context(t)
	refused := func(variant, reason string) {
		t.Helper()
		_, err := New(ctx, conn, Config{DataDir: t.TempDir(), Variant: variant})
		if err == nil || !strings.Contains(err.Error(), "SELENE_SETTINGS_VARIANT") || !strings.Contains(err.Error(), reason) {
			t.Errorf("%s: got %v", variant, err)
		}
	}
	refused("kiosk", "variants: []")
	i := attach(t, conn, Config{})
	for _, variant := range []string{"kiosk", "mobile"} {
		if answer, body := i.do(http.MethodPut, "/v1/settings?variant="+variant, []byte("{}")); answer.StatusCode != http.StatusOK {
			t.Fatalf("%s %s", answer.Status, body)
		}
	}
	refused("shop", "kiosk mobile")
	attach(t, conn, Config{Variant: "kiosk"})
}
