package api

import (
	"io"
	"net/http"
)

const maxSettings = 1 << 20

// settings is the newest revision.
func (a *API) settings(w http.ResponseWriter, r *http.Request) error {
	newest, err := a.Conn.Settings(r.Context())
	if err != nil {
		return err
	}
	return writeJSON(w, newest)
}

// putSettings makes a document the newest revision.
func (a *API) putSettings(w http.ResponseWriter, r *http.Request) error {
	document, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxSettings))
	if err != nil {
		return err
	}
	newest, err := a.Conn.PutSettings(r.Context(), document)
	if err != nil {
		return err
	}
	return writeJSON(w, newest)
}
