package api

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/selene-liveness/selene/edge/lpproto"
	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/schemas/imagefile"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/describe"
	"github.com/selene-liveness/selene/streams/sessions"
)

const (
	tokenBytes   = 32               // random
	tokenTime    = 15 * time.Minute // to open the session
	maxReference = 8 << 20          // bytes; in base64 and with its description it must fit a message of the broker
	maxExternal  = 64               // characters
	maxNonce     = 128              // characters
	maxMakeBody  = maxReference/3*4 + 1<<16
)

// sessionWish describes a session to be created.
type sessionWish struct {
	Reference []byte `json:"reference"`        // a reference face
	Variant   string `json:"settings_variant"` // of the settings; empty = that of this instance
	External  string `json:"external_id"`      // of the person, as the application names them
	Nonce     string `json:"nonce"`            // that the application gets back in the token
}

// makeSession creates a session that only the holder of its token can open. The body is a sessionWish: in JSON, with the
// reference in base64, or in multipart/form-data, with the reference as a file.
func (a *API) makeSession(w http.ResponseWriter, r *http.Request) error {
	wish, err := wishOf(w, r)
	if err != nil {
		return err
	}
	if utf8.RuneCountInString(wish.External) > maxExternal || !utf8.ValidString(wish.External) {
		detail := fmt.Sprintf("must have at most %d characters", maxExternal)
		return wrongValue("external_id", detail, "external_id: "+detail)
	}
	if utf8.RuneCountInString(wish.Nonce) > maxNonce || !utf8.ValidString(wish.Nonce) {
		detail := fmt.Sprintf("must have at most %d characters", maxNonce)
		return wrongValue("nonce", detail, "nonce: "+detail)
	}
	variant := wish.Variant
	if variant == "" {
		variant = a.Variant
	}
	settings, err := a.settingsStore.Newest(r.Context(), variant)
	if errors.Is(err, streams.ErrNotFound) && wish.Variant != "" {
		detail := fmt.Sprintf("variant %.70q of the settings does not exist", variant)
		return wrongValue("settings_variant", detail, "settings_variant: "+detail)
	}
	if err != nil {
		return err
	}
	var face *schemas.Reference
	if wish.Reference != nil {
		if face, err = a.describe(r.Context(), settings.Settings, wish.Reference); err != nil {
			return err
		}
	}
	secret := make([]byte, tokenBytes)
	rand.Read(secret)
	id, token, expires := uuid.NewString(), base64.RawURLEncoding.EncodeToString(
		secret,
	), time.Now().
		Add(tokenTime).
		UTC().
		Truncate(time.Second)
	if err := a.sessions.PutTicket(
		r.Context(),
		id,
		schemas.Ticket{
			Hash: sessions.HashSecret(token), Expires: expires, Variant: wish.Variant, ExternalID: wish.External, Nonce: wish.Nonce,
		},
		face,
	); err != nil {
		return err
	}
	with := ""
	if face != nil {
		with = "with a reference face"
	}
	a.audited(r, "sessions.make", id, with)
	w.Header().Set("Location", "sessions/"+id)
	return writeCreated(w, struct {
		Session string    `json:"session"`
		Token   string    `json:"token"`
		Expires time.Time `json:"expires"`
	}{id, token, expires})
}

func wishOf(w http.ResponseWriter, r *http.Request) (wish sessionWish, err error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxMakeBody)
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err == nil && kind == "multipart/form-data" {
		return wishInForm(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return wish, err
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return wish, nil
	}
	if kind != "application/json" {
		return wish, problem(http.StatusUnsupportedMediaType, "send application/json, multipart/form-data, or no body at all")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&wish); err != nil {
		return wish, problem(http.StatusBadRequest, `the body is not like {"reference": "BASE64", "settings_variant": "TAG", "external_id": "ID", "nonce": "TEXT"}: `+err.Error())
	}
	return wish, nil
}

func wishInForm(r *http.Request) (wish sessionWish, err error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return wish, problem(http.StatusBadRequest, err.Error())
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return wish, nil
		}
		if err != nil {
			return wish, malformedForm(err)
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return wish, malformedForm(err)
		}
		switch name := part.FormName(); {
		case name == "reference" && wish.Reference == nil:
			wish.Reference = value
		case name == "settings_variant" && wish.Variant == "":
			wish.Variant = string(value)
		case name == "external_id" && wish.External == "":
			wish.External = string(value)
		case name == "nonce" && wish.Nonce == "":
			wish.Nonce = string(value)
		default:
			return wish, problem(
				http.StatusBadRequest,
				fmt.Sprintf("the form has an unexpected part %.40q: send one file named reference, one settings_variant, one external_id and one nonce", name),
			)
		}
	}
}

func malformedForm(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return err
	}
	return problem(http.StatusBadRequest, "read the form: "+err.Error())
}

// describe checks a picture and lets the matcher describe the face in it.
func (a *API) describe(ctx context.Context, settings *schemas.Settings, image []byte) (*schemas.Reference, error) {
	refuse := func(code int, detail string) error {
		p := problem(http.StatusUnprocessableEntity, "the picture cannot be a reference: "+detail)
		p.Code = code
		return p
	}
	if len(image) > maxReference {
		return nil, problem(
			http.StatusRequestEntityTooLarge,
			fmt.Sprintf("the picture has %d bytes; the limit is %d", len(image), maxReference),
		)
	}
	info, err := imagefile.Verify(image, imagefile.MaxPixels)
	switch {
	case errors.Is(err, imagefile.ErrUnknownFormat):
		return nil, refuse(lpproto.CodeContentType, "it is neither a JPEG nor a PNG")
	case err != nil:
		return nil, refuse(lpproto.CodeBadImage, err.Error())
	}
	if !slices.ContainsFunc(settings.Workers, func(e schemas.WorkerEntry) bool { return e.Name == schemas.WorkerMatcher }) {
		return nil, problem(
			http.StatusConflict,
			"the settings contain no worker matcher, so that nothing would be compared with the reference",
		)
	}
	if settings.Session.PreviousFaceSimilarity == 0 {
		return nil, problem(
			http.StatusConflict,
			"the setting session.previous_face_similarity is 0, which disables the matcher, so that nothing would be compared with the reference",
		)
	}
	description, err := describe.Face(ctx, a.Conn, image)
	var refusal *describe.Refusal
	switch {
	case errors.As(err, &refusal):
		return nil, refuse(refusal.Code, refusal.Reason)
	case errors.Is(err, describe.ErrNoDescriber):
		return nil, problem(http.StatusServiceUnavailable, describe.ErrNoDescriber.Error())
	case err != nil:
		return nil, err
	}
	return &schemas.Reference{
		MediaType: info.Format.MediaType(),
		Image:     image,
		Workers:   map[string][]byte{schemas.WorkerMatcher: description},
	}, nil
}
