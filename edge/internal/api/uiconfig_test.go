package api

import (
	"encoding/json"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/selene-liveness/selene/schemas"
)

func TestUIConfigs(t *testing.T) {
	i := install(t, options{})
	for _, name := range []string{"bank", "shop", "delete"} {
		answer, body := i.do(http.MethodPut, "/v1/ui-configs/"+name, []byte(`{"success_message":"welcome","styles":{"colors":{"accent":"#123456"}}}`))
		if answer.StatusCode != http.StatusOK || !strings.Contains(string(body), `"name":"`+name+`"`) {
			t.Fatalf("%s %s", answer.Status, body)
		}
	}
	var list struct {
		Configs []struct{ Name, By, Updated string }
	}
	i.want("/v1/ui-configs", &list)
	if len(list.Configs) != 3 || list.Configs[0].Name != "bank" || list.Configs[0].By == "" || list.Configs[0].Updated == "" {
		t.Errorf("got %+v", list)
	}
	var config schemas.UIConfig
	i.want("/v1/ui-configs/shop", &config)
	if config.SuccessMessage != "welcome" || config.Styles.Colors["accent"] != "#123456" {
		t.Errorf("got %+v", config)
	}
	// The page needs no token, and may keep it.
	answer, body := i.get("/ui-config/shop", "Authorization", "")
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Cache-Control") != "public, max-age=60" || json.Unmarshal(body, &config) != nil {
		t.Errorf("%s %v %s", answer.Status, answer.Header, body)
	}
	answer, body = i.get("/ui-config/nobody", "Authorization", "")
	wantProblem(t, answer, body, http.StatusNotFound)
	if answer.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("the missing document may be cached: %v", answer.Header)
	}
	for document, path := range map[string]string{
		`{"redirect_url":"javascript:alert(1)"}`:      "redirect_url",
		`{"styles":{"colors":{"accent":"expr(1)"}}}`:  "styles.colors.accent",
		`{"styles":{"colours":{"accent":"#000000"}}}`: "styles.colours",
		`{`: "",
	} {
		answer, body := i.do(http.MethodPut, "/v1/ui-configs/shop", []byte(document))
		if p := wantProblem(t, answer, body, http.StatusUnprocessableEntity); p.Setting != path {
			t.Errorf("%s: got %+v", document, p)
		}
	}
	answer, body = i.do(http.MethodPut, "/v1/ui-configs/no%20name", []byte(`{}`))
	wantProblem(t, answer, body, http.StatusUnprocessableEntity)
	answer, body = i.do(http.MethodPut, "/v1/ui-configs/big", []byte(`{"success_message":"`+strings.Repeat("x", 300_000)+`"}`))
	wantProblem(t, answer, body, http.StatusRequestEntityTooLarge)

	if answer, body := i.do(http.MethodDelete, "/v1/ui-configs/delete", nil); answer.StatusCode != http.StatusNoContent {
		t.Errorf("%s %s", answer.Status, body)
	}
	answer, body = i.do(http.MethodDelete, "/v1/ui-configs/delete", nil)
	wantProblem(t, answer, body, http.StatusNotFound)
	answer, body = i.do(http.MethodPost, "/v1/ui-configs/delete", []byte(`{"names":["shop","nobody","*","bank"]}`))
	if got := strings.TrimSpace(string(body)); got != `{"deleted":["shop","bank"],"missing":["nobody","*"]}` {
		t.Errorf("%s %s", answer.Status, got)
	}
	answer, body = i.do(http.MethodPost, "/v1/ui-configs/delete", []byte(`["shop"]`))
	wantProblem(t, answer, body, http.StatusUnprocessableEntity)
	answer, body = i.do(http.MethodPost, "/v1/ui-configs/delete", []byte(`{"names":["`+strings.Repeat("n", 1<<20)+`"]}`))
	wantProblem(t, answer, body, http.StatusRequestEntityTooLarge)
	i.want("/v1/ui-configs", &list)
	if len(list.Configs) != 0 {
		t.Errorf("left: %+v", list)
	}
}

// The page reads the fields that can be stored, and no others.
func TestPageReadsTheSameUIConfig(t *testing.T) {
	page := string(must[[]byte](t)(os.ReadFile("../../ui/lib/config.ts")))
	block := func(begin string) string {
		_, rest, ok := strings.Cut(page, begin)
		if !ok {
			t.Fatalf("config.ts has no %s", begin)
		}
		text, _, _ := strings.Cut(rest, "\n}")
		return text
	}
	key := regexp.MustCompile(`(?m)^  (\w+)\??: `)
	keys := func(text string) (list []string) {
		for _, m := range key.FindAllStringSubmatch(text, -1) {
			list = append(list, m[1])
		}
		slices.Sort(list)
		return list
	}
	fields := func(of reflect.Type) (list []string) {
		for f := range of.Fields() {
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			list = append(list, name)
		}
		slices.Sort(list)
		return list
	}
	var sizes []string
	for name := range schemas.UISizes {
		sizes = append(sizes, name)
	}
	slices.Sort(sizes)
	for name, c := range map[string]struct{ page, ours []string }{
		"fields": {keys(block("export interface UIConfig {")), fields(reflect.TypeFor[schemas.UIConfig]())},
		"styles": {keys(block("export interface Styles {")), fields(reflect.TypeFor[schemas.UIStyles]())},
		"colors": {keys(block("export const COLORS = {")), slices.Sorted(slices.Values(schemas.UIColors))},
		"sizes":  {keys(block("export const SIZES = {")), sizes},
	} {
		if !slices.Equal(c.page, c.ours) {
			t.Errorf("%s: the page reads %v, the server stores %v", name, c.page, c.ours)
		}
	}
}
