package api

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams/settings"
)

const (
	maxSettings = 1 << 20
	maxNote     = 500 // characters
)

// settings answers with the newest revision of the document, or of a variant.
func (a *API) settings(w http.ResponseWriter, r *http.Request) error {
	newest, err := a.settingsStore.Newest(r.Context(), r.URL.Query().Get("variant"))
	if err != nil {
		return err
	}
	return a.writeRevision(w, newest)
}

// putSettings stores a document as the newest revision. If-Match names the revision that the change is based on.
func (a *API) putSettings(w http.ResponseWriter, r *http.Request) error {
	author, err := authorOf(r)
	if err != nil {
		return err
	}
	after := uint64(0)
	if tag := r.Header.Get("If-Match"); tag != "" && tag != "*" {
		if after, err = strconv.ParseUint(strings.Trim(tag, `"`), 10, 64); err != nil || after == 0 {
			return problem(
				http.StatusBadRequest,
				fmt.Sprintf("If-Match is %.40q: must be the number of a revision in quotes, like the ETag of GET", tag),
			)
		}
	}
	document, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxSettings))
	if err != nil {
		return err
	}
	newest, err := a.settingsStore.Change(r.Context(), r.URL.Query().Get("variant"), document, author, after)
	if err != nil {
		return err
	}
	a.auditSettings(r, "settings.put", newest)
	return a.writeRevision(w, newest)
}

// authorOf returns the caller and the note in the query.
func authorOf(r *http.Request) (settings.Author, error) {
	a := settings.Author{By: callerOf(r).Name, Note: r.URL.Query().Get("note")}
	if utf8.RuneCountInString(a.Note) > maxNote || !utf8.ValidString(a.Note) || strings.ContainsFunc(a.Note, unicode.IsControl) {
		return a, problem(http.StatusUnprocessableEntity, fmt.Sprintf("the note must have at most %d characters in one line", maxNote))
	}
	return a, nil
}

func (a *API) auditSettings(r *http.Request, action string, of *settings.Revision) {
	a.audited(r, action, variantName(of.Variant), fmt.Sprintf("revision %d", of.Number))
}

func variantName(tag string) string {
	if tag == "" {
		return "document"
	}
	return "variant " + tag
}

// writeRevision writes a revision without its secrets, with what is wrong with it.
func (a *API) writeRevision(w http.ResponseWriter, r *settings.Revision) error {
	shown := struct {
		settings.Revision
		Warnings []warning `json:"warnings"`
	}{*r, a.warnings(r.Settings)}
	shown.Settings = r.Settings.Mask()
	w.Header().Set("ETag", strconv.Quote(strconv.FormatUint(r.Number, 10)))
	return writeJSON(w, shown)
}

// settingsSchema answers with the JSON Schema of the document.
func (a *API) settingsSchema(w http.ResponseWriter, _ *http.Request) error {
	schema, err := schemas.SettingsSchema()
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/schema+json")
	_, _ = w.Write(append(schema, '\n')) // the client may be gone
	return nil
}

// revisionLine is a revision without its document.
type revisionLine struct {
	Revision uint64          `json:"revision"`
	At       time.Time       `json:"at"`
	By       string          `json:"by"`
	Note     string          `json:"note"`
	Document json.RawMessage `json:"document,omitempty"`
	Variant  string          `json:"variant,omitempty"`
}

// changeLine is a revision with its changes; null = no longer known.
type changeLine struct {
	revisionLine
	Changed []schemas.SettingsChange `json:"changed"`
}

func lineOf(r *settings.Revision) revisionLine {
	return revisionLine{Revision: r.Number, At: r.Created, By: r.By, Note: r.Note, Variant: r.Variant}
}

// revisions lists the stored revisions with their changes.
func (a *API) revisions(w http.ResponseWriter, r *http.Request) error {
	history, err := a.settingsStore.History(r.Context(), r.URL.Query().Get("variant"))
	if err != nil {
		return err
	}
	list := make([]changeLine, len(history))
	for i, change := range history {
		list[i] = changeLine{lineOf(change.Revision), change.Changed}
	}
	return writeJSON(w, map[string][]changeLine{"revisions": list})
}

// revision answers with one revision and its document.
func (a *API) revision(w http.ResponseWriter, r *http.Request) error {
	n, err := revisionNumber(r)
	if err != nil {
		return err
	}
	found, err := a.settingsStore.Revision(r.Context(), n)
	if err != nil {
		return err
	}
	line := lineOf(found)
	if line.Document, err = json.Marshal(found.Settings.Mask()); err != nil {
		return fmt.Errorf("encode settings: %w", err)
	}
	return writeJSON(w, line)
}

// restore stores an earlier revision again, as the newest of its variant.
func (a *API) restore(w http.ResponseWriter, r *http.Request) error {
	n, err := revisionNumber(r)
	if err != nil {
		return err
	}
	author, err := authorOf(r)
	if err != nil {
		return err
	}
	if author.Note == "" {
		author.Note = fmt.Sprintf("revision %d restored", n)
	}
	newest, err := a.settingsStore.Restore(r.Context(), n, author)
	if err != nil {
		return err
	}
	a.auditSettings(r, "settings.restore", newest)
	return a.writeRevision(w, newest)
}

func revisionNumber(r *http.Request) (uint64, error) {
	n, err := strconv.ParseUint(r.PathValue("n"), 10, 63)
	if err != nil || n == 0 {
		return 0, problem(http.StatusBadRequest, "the revision must be a number, 1 for the first")
	}
	return n, nil
}

// variants lists the main document, with an empty tag, and its variants.
func (a *API) variants(w http.ResponseWriter, r *http.Request) error {
	all, err := a.settingsStore.Variants(r.Context())
	if err != nil {
		return err
	}
	type variant struct {
		Tag      string    `json:"tag"`
		Revision uint64    `json:"revision"`
		At       time.Time `json:"at"`
		By       string    `json:"by"`
		Note     string    `json:"note"`
	}
	list := make([]variant, len(all))
	for i, v := range all {
		list[i] = variant{v.Variant, v.Number, v.Created, v.By, v.Note}
	}
	return writeJSON(w, map[string][]variant{"variants": list})
}

func (a *API) deleteVariant(w http.ResponseWriter, r *http.Request) error {
	tag := r.PathValue("tag")
	if err := a.settingsStore.DeleteVariant(r.Context(), tag); err != nil {
		return err
	}
	a.audited(r, "settings.delete", variantName(tag), "")
	w.WriteHeader(http.StatusNoContent)
	return nil
}
