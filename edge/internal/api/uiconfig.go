package api

import (
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
)

const maxUIConfig = 256 << 10

type uiConfigLine struct {
	Name    string    `json:"name"`
	Updated time.Time `json:"updated"`
	By      string    `json:"by"`
}

// uiConfigs lists the UI configs without their documents.
func (a *API) uiConfigs(w http.ResponseWriter, r *http.Request) error {
	all, err := a.uiStore.List(r.Context())
	if err != nil {
		return err
	}
	list := make([]uiConfigLine, len(all))
	for i, c := range all {
		list[i] = uiConfigLine{c.Config.Name, c.Updated, c.By}
	}
	return writeJSON(w, map[string][]uiConfigLine{"configs": list})
}

// uiConfig answers with a UI config, for editors.
func (a *API) uiConfig(w http.ResponseWriter, r *http.Request) error {
	found, err := a.uiStore.Get(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	return writeJSON(w, found.Config)
}

func (a *API) publicUIConfig(w http.ResponseWriter, r *http.Request) error {
	found, err := a.uiStore.Get(r.Context(), r.PathValue("name"))
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "public, max-age=60")
	return writeJSON(w, found.Config)
}

func (a *API) putUIConfig(w http.ResponseWriter, r *http.Request) error {
	document, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxUIConfig))
	if err != nil {
		return err
	}
	config, err := schemas.ParseUIConfig(r.PathValue("name"), document)
	if err != nil {
		return err
	}
	stored, err := a.uiStore.Put(r.Context(), config, callerOf(r).Name)
	if err != nil {
		return err
	}
	a.audited(r, "ui-configs.put", config.Name, "")
	return writeJSON(w, stored.Config)
}

func (a *API) deleteUIConfig(w http.ResponseWriter, r *http.Request) error {
	name := r.PathValue("name")
	if err := a.uiStore.Delete(r.Context(), name); err != nil {
		return err
	}
	a.audited(r, "ui-configs.delete", name, "")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// deleteUIConfigs deletes several. It lists unknown ones, which are not an error.
func (a *API) deleteUIConfigs(w http.ResponseWriter, r *http.Request) error {
	var wish struct {
		Names []string `json:"names"`
	}
	if err := readJSONOf(w, r, maxUIConfig, &wish); err != nil {
		return err
	}
	out := struct {
		Deleted []string `json:"deleted"`
		Missing []string `json:"missing"`
	}{[]string{}, []string{}}
	for _, name := range wish.Names {
		var impossible *schemas.DocumentError
		switch err := a.uiStore.Delete(r.Context(), name); {
		case errors.Is(err, streams.ErrNotFound), errors.As(err, &impossible):
			out.Missing = append(out.Missing, name)
		case err != nil:
			return err
		default:
			a.audited(r, "ui-configs.delete", name, "")
			out.Deleted = append(out.Deleted, name)
		}
	}
	return writeJSON(w, out)
}
