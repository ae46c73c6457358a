package schemas

import "time"

// Ticket lets the holder of a secret open one session. It holds the hash of the secret only.
type Ticket struct {
	Hash    []byte            `json:"hash"`             // SHA-256 of the secret
	Expires time.Time         `json:"expires"`          // until when the session can be opened for the first time
	Opened  bool              `json:"opened,omitempty"` // since then it is valid for as long as the session lives
	HasFace bool              `json:"has_face,omitempty"`
	Variant string            `json:"variant,omitempty"` // of the settings; empty = that of the edge
	Workers map[string][]byte `json:"workers,omitempty"` // states of workers before the first frame, once opened

	ExternalID string `json:"external_id,omitempty"` // of the person, as the application names them; failures count for it
	Nonce      string `json:"nonce,omitempty"`       // that the application gets back in the token
}

// Failures are the failed sessions of one subject, as they are kept in the bucket `lockouts` (JSON).
type Failures struct {
	Recent   []FailedSession `json:"recent,omitempty"` // since the last lock-out, oldest first
	Lockouts int             `json:"lockouts,omitempty"`
	Until    time.Time       `json:"until,omitzero"` // of the last lock-out
	Last     string          `json:"last,omitempty"` // the mark of the session that caused it
}

// FailedSession is a failed session that counts. It does not name the session, which may be erased.
type FailedSession struct {
	Mark string    `json:"mark"`
	At   time.Time `json:"at"`
}

// Reference is the face a session is to be verified against. It is kept beside the ticket until the session opens or the
// ticket expires, because erasure never reaches a session that was not opened.
type Reference struct {
	MediaType string            `json:"media_type"`
	Image     []byte            `json:"image"`
	Workers   map[string][]byte `json:"workers"` // states of workers before the first frame
}

// Presence is the value of an open session's key in the bucket `live`. When the key expires, the session has ended.
type Presence struct {
	Edge      string `json:"edge"`      // which has, or had, the socket
	Connected bool   `json:"connected"` // whether the socket is open

	// Resume is the SHA-256 of the secret that resumes the session; none for a session with a ticket.
	Resume []byte `json:"resume,omitempty"`
}

// RerunOrder requests that the running workers judge a session again.
type RerunOrder struct {
	Session  string    `json:"session"`
	Settings *Settings `json:"settings,omitempty"` // instead of those it was judged by
	Until    time.Time `json:"until,omitzero"`     // when the caller stops waiting and the work is not needed any more
}
