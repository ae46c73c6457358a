package schemas

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

const wholeUIConfig = `{"name":"bank","redirect_url":"https://bank.example/done?session={session}","mode":"operator",
	"image":{"width":640,"height":480,"mimetype":"image/png","quality":0.9},"video":{"width":1280,"height":720},
	"front_detector":false,"request_interval":200,"error_messages":{"32":"Bitte ein echtes Gesicht"},
	"success_message":"Готово\nСпасибо","start_button_text":"Go","mode_tooltip":"Who holds it?",
	"camera_not_attached_text":"No camera",
	"styles":{"colors":{"accent":"#0a0","text":"#11223344"},"dark_colors":{"accent":"#0F08"},"sizes":{"text":17.5}},
	"parent_origins":["https://shop.example","http://localhost:3000","http://[::1]:8321"]}`

func TestUIConfigKeepsEveryField(t *testing.T) {
	c, err := ParseUIConfig("bank", []byte(wholeUIConfig))
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var want, got map[string]any
	if json.Unmarshal([]byte(wholeUIConfig), &want) != nil || json.Unmarshal(data, &got) != nil || len(got) != len(want) ||
		c.FrontDetector == nil || *c.FrontDetector || c.Styles.DarkColors["accent"] != "#0F08" {
		t.Errorf("got %s", data)
	}
	if c, err := ParseUIConfig("plain", []byte(`{}`)); err != nil || c.Name != "plain" {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestUIConfigErrorsNameThePath(t *testing.T) {
	long := strings.Repeat("x", maxUIText+1)
	for document, want := range map[string]string{
		`{"redirect_url":"javascript:alert(1)"}`:                  "redirect_url",
		`{"redirect_url":" javascript:alert(1)"}`:                 "redirect_url",
		`{"redirect_url":"//elsewhere.example/"}`:                 "redirect_url",
		`{"redirect_url":"///elsewhere.example/"}`:                "redirect_url",
		`{"redirect_url":"/\\\\elsewhere.example/"}`:              "redirect_url",
		`{"redirect_url":"done.html"}`:                            "redirect_url",
		`{"redirect_url":"data:text/html,x"}`:                     "redirect_url",
		`{"redirect_url":"https:///path"}`:                        "redirect_url",
		`{"redirect_url":"https://user:pw@bank.example/"}`:        "redirect_url",
		`{"mode":"mirror"}`:                                       "mode",
		`{"image":{"width":-1}}`:                                  "image.width",
		`{"image":{"width":63}}`:                                  "image.width",
		`{"image":{"quality":2}}`:                                 "image.quality",
		`{"image":{"mimetype":"image/gif"}}`:                      "image.mimetype",
		`{"image":{"depth":8}}`:                                   "image.depth",
		`{"image":3}`:                                             "image",
		`{"video":{"height":8193}}`:                               "video.height",
		`{"video":{"height":"tall"}}`:                             "video.height",
		`{"request_interval":10001}`:                              "request_interval",
		`{"front_detector":1}`:                                    "front_detector",
		`{"error_messages":{"032":"x"}}`:                          "error_messages.032",
		`{"error_messages":{"no face":"x"}}`:                      "error_messages.no face",
		`{"error_messages":{"32":"` + long + `"}}`:                "error_messages.32",
		`{"success_message":"a\u0000b"}`:                          "success_message",
		`{"styles":{"colors":{"accent":"red;background:url(/"}}}`: "styles.colors.accent",
		`{"styles":{"colors":{"accent":"#12345"}}}`:               "styles.colors.accent",
		`{"styles":{"dark_colors":{"sky":"#123"}}}`:               "styles.dark_colors.sky",
		`{"styles":{"sizes":{"text":25}}}`:                        "styles.sizes.text",
		`{"styles":{"sizes":{"text":"2em"}}}`:                     "styles.sizes.text",
		`{"styles":{"background-image":"url(//x)"}}`:              "styles.background-image",
		`{"parent_origins":["https://shop.example/"]}`:            "parent_origins.0",
		`{"parent_origins":["*"]}`:                                "parent_origins.0",
		`{"parent_origins":["https://*"]}`:                        "parent_origins.0",
		`{"parent_origins":["https://*.shop.example"]}`:           "parent_origins.0",
		`{"parent_origins":["https://a;sandbox"]}`:                "parent_origins.0",
		`{"parent_origins":["https://a,b"]}`:                      "parent_origins.0",
		`{"parent_origins":["https://shop.example:443"]}`:         "parent_origins.0",
		`{"parent_origins":["https://me@shop.example"]}`:          "parent_origins.0",
		`{"colour":"red"}`:                                        "colour",
		`{"name":"other"}`:                                        "name",
		`{} {}`:                                                   "",
		`[]`:                                                      "",
		`{"name":`:                                                "",
	} {
		_, err := ParseUIConfig("bank", []byte(document))
		var wrong *DocumentError
		if !errors.As(err, &wrong) || wrong.Path != want {
			t.Errorf("%.80s: got %v, want an error at %q", document, err, want)
		}
	}
	for _, name := range []string{"", "a b", "../x", "-x", "a.b", "ä", strings.Repeat("x", 65)} {
		if CheckUIName(name) == nil {
			t.Errorf("%q is taken as a name", name)
		}
	}
}

func FuzzParseUIConfig(f *testing.F) {
	f.Add([]byte(wholeUIConfig))
	f.Add([]byte(`{"styles":{"colors":{"accent":"#fff"}}}`))
	f.Fuzz(func(t *testing.T, document []byte) {
		c, err := ParseUIConfig("bank", document)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "UI config: ") {
				t.Fatalf("error without its subject: %v", err)
			}
			return
		}
		data, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseUIConfig("bank", data); err != nil {
			t.Fatalf("what was accepted is refused: %v", err)
		}
	})
}
