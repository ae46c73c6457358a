package api

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

const openAPIPath = "openapi.yaml"

// description returns the description of the REST interface, as JSON and as a source of schemas.
var description = sync.OnceValues(func() (*contract, error) {
	data, err := os.ReadFile(openAPIPath)
	if err != nil {
		return nil, err
	}
	var tree any
	if err := yaml.Unmarshal(data, &tree); err != nil {
		return nil, err
	}
	if data, err = json.Marshal(tree); err != nil {
		return nil, err
	}
	c := &contract{compiler: jsonschema.NewCompiler()}
	if err := json.Unmarshal(data, &c.document); err != nil {
		return nil, err
	}
	if tree, err = jsonschema.UnmarshalJSON(bytes.NewReader(data)); err != nil {
		return nil, err
	}
	return c, c.compiler.AddResource("openapi.json", tree)
})

// contract is openapi.yaml. Safe for concurrent use.
type contract struct {
	mu       sync.Mutex
	compiler *jsonschema.Compiler
	document struct {
		Paths map[string]map[string]json.RawMessage
	}
}

// describedAnswer is a response in openapi.yaml.
type describedAnswer struct {
	Content map[string]struct{ Schema json.RawMessage }
}

// check compares an answer with the one that the document describes for the path, method and status.
func (c *contract) check(t *testing.T, method, path string, answer *http.Response, body []byte) {
	t.Helper()
	kind, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type"))
	if err != nil || method == http.MethodHead || !strings.HasSuffix(kind, "json") {
		return
	}
	path, _, _ = strings.Cut(path, "?")
	pointer := "/components/schemas/problem"
	if kind != "application/problem+json" {
		template := c.template(method, path)
		if template == "" {
			return // the user page, for example
		}
		status := strconv.Itoa(answer.StatusCode)
		var operation struct{ Responses map[string]describedAnswer }
		if err := json.Unmarshal(c.document.Paths[template][strings.ToLower(method)], &operation); err != nil {
			t.Fatal(err)
		}
		if len(operation.Responses[status].Content[kind].Schema) == 0 {
			t.Errorf("%s %s: openapi.yaml has no schema for status %s and %s", method, template, status, kind)
			return
		}
		escape := strings.NewReplacer("~", "~0", "/", "~1").Replace
		pointer = "/paths/" + escape(template) + "/" + strings.ToLower(method) + "/responses/" + status + "/content/" + escape(kind) + "/schema"
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		t.Fatalf("%s %s: %v in %s", method, path, err, body)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	schema, err := c.compiler.Compile("openapi.json#" + strings.ReplaceAll(strings.ReplaceAll(pointer, "{", "%7B"), "}", "%7D"))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("%s %s: the answer is not as openapi.yaml describes it: %v in %s", method, path, err, body)
	}
}

// template returns the path of the document that a request belongs to: the one with the fewest parameters of those that
// fit; empty if there is none.
func (c *contract) template(method, path string) string {
	parts := strings.Split(path, "/")
	best, fewest := "", len(parts)+1
	for template, operations := range c.document.Paths {
		wanted := strings.Split(template, "/")
		if len(wanted) != len(parts) || operations[strings.ToLower(method)] == nil {
			continue
		}
		fits, parameters := true, 0
		for n, part := range wanted {
			if strings.HasPrefix(part, "{") {
				parameters++
			} else if part != parts[n] {
				fits = false
			}
		}
		if fits && parameters < fewest {
			best, fewest = template, parameters
		}
	}
	return best
}
