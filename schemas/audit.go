package schemas

import "time"

// AuditEntry is one change made by a user or token, as stored in the audit log.
type AuditEntry struct {
	At      time.Time `json:"at"`
	User    string    `json:"user"`   // name of a user, or token:ID
	Action  string    `json:"action"` // section.verb, such as sessions.erase
	Object  string    `json:"object"` // ID or name of what was changed
	Detail  string    `json:"detail,omitempty"`
	Address string    `json:"address"` // of the client that sent the request
}
