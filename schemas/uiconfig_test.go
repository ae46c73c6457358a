package schemas

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

const wholeUIConfig = `{"name":"bank","redirect_url":"https://bank.example/done?x=1","mode":"operator","image_width":640,"image_height":480,
	"video_width":1280,"video_height":720,"front_detector":false,"request_interval":200,"error_messages":{"32":"Bitte ein echtes Gesicht"},
	"success_message":"Готово\nСпасибо","start_button_text":"Go","mode_tooltip":"Who holds it?","camera_not_attached_text":"No camera",
	"styles":{"accent":"#0a0","ink":"#11223344","font_size":"1.25rem","oval_width":"4px"}}`

func TestUIConfigIsKeptWhole(t *testing.T) {
	c, err := ParseUIConfig("bank", []byte(wholeUIConfig))
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var want, got map[string]any
	if json.Unmarshal([]byte(wholeUIConfig), &want) != nil || json.Unmarshal(data, &got) != nil || len(got) != len(want) || c.FrontDetector == nil || *c.FrontDetector {
		t.Errorf("got %s", data)
	}
	if c, err := ParseUIConfig("plain", []byte(`{}`)); err != nil || c.Name != "plain" {
		t.Errorf("got %+v, %v", c, err)
	}
}

func TestUIConfigErrorsNameThePath(t *testing.T) {
	long := strings.Repeat("x", maxUIText+1)
	for document, want := range map[string]string{
		`{"redirect_url":"javascript:alert(1)"}`:           "redirect_url",
		`{"redirect_url":" javascript:alert(1)"}`:          "redirect_url",
		`{"redirect_url":"//elsewhere.example/"}`:          "redirect_url",
		`{"redirect_url":"data:text/html,x"}`:              "redirect_url",
		`{"redirect_url":"https:///path"}`:                 "redirect_url",
		`{"redirect_url":"https://user:pw@bank.example/"}`: "redirect_url",
		`{"mode":"mirror"}`:                                "mode",
		`{"image_width":-1}`:                               "image_width",
		`{"video_height":8193}`:                            "video_height",
		`{"video_height":"tall"}`:                          "video_height",
		`{"request_interval":10001}`:                       "request_interval",
		`{"front_detector":1}`:                             "front_detector",
		`{"error_messages":{"032":"x"}}`:                   "error_messages.032",
		`{"error_messages":{"no face":"x"}}`:               "error_messages.no face",
		`{"error_messages":{"32":"` + long + `"}}`:         "error_messages.32",
		`{"success_message":"a\u0000b"}`:                   "success_message",
		`{"styles":{"accent":"red;background:url(//x)"}}`:  "styles.accent",
		`{"styles":{"accent":"#12345"}}`:                   "styles.accent",
		`{"styles":{"font_size":"calc(1px)"}}`:             "styles.font_size",
		`{"styles":{"background-image":"url(//x)"}}`:       "styles.background-image",
		`{"colour":"red"}`:                                 "colour",
		`{"name":"other"}`:                                 "name",
		`{} {}`:                                            "",
		`[]`:                                               "",
		`{"name":`:                                         "",
	} {
		_, err := ParseUIConfig("bank", []byte(document))
		var wrong *UIConfigError
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
	f.Add([]byte(`{"styles":{"accent":"#fff"}}`))
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
