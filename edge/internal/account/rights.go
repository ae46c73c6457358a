// Package account manages users, the groups that grant them rights, their logins, and API tokens. It is independent of HTTP.
package account

import (
	"fmt"
	"slices"
)

// Right permits access to a section: SECTION:read or SECTION:write. The scopes of an API token are rights.
type Right string

// All rights.
const (
	SessionsRead   Right = "sessions:read"
	SessionsWrite  Right = "sessions:write"
	SettingsRead   Right = "settings:read"
	SettingsWrite  Right = "settings:write"
	UIConfigsRead  Right = "ui-configs:read"
	UIConfigsWrite Right = "ui-configs:write"
	ExportsRead    Right = "exports:read"
	ExportsWrite   Right = "exports:write"
	StatsRead      Right = "stats:read"
	EventsRead     Right = "events:read"
	WorkersRead    Right = "workers:read"
	UsersRead      Right = "users:read"
	UsersWrite     Right = "users:write"
	TokensRead     Right = "tokens:read"
	TokensWrite    Right = "tokens:write"
	AuditRead      Right = "audit:read"
)

// Rights is a set of rights.
type Rights []Right

// All returns every right.
func All() Rights {
	return Rights{
		SessionsRead, SessionsWrite, SettingsRead, SettingsWrite, UIConfigsRead, UIConfigsWrite, ExportsRead, ExportsWrite,
		StatsRead, EventsRead, WorkersRead, UsersRead, UsersWrite, TokensRead, TokensWrite, AuditRead,
	}
}

// Have reports whether a right is in the set.
func (r Rights) Have(right Right) bool { return slices.Contains(r, right) }

// Lacks returns the first of others that is not in the set, or "".
func (r Rights) Lacks(others Rights) Right {
	for _, o := range others {
		if !r.Have(o) {
			return o
		}
	}
	return ""
}

// both returns the rights that are in r and in others, in the order of All.
func (r Rights) both(others Rights) Rights {
	out := Rights{}
	for _, right := range All() {
		if r.Have(right) && others.Have(right) {
			out = append(out, right)
		}
	}
	return out
}

// parse checks rights from outside and returns them in the order of All.
func (r Rights) parse(what string) (Rights, error) {
	all := All()
	if unknown := all.Lacks(r); unknown != "" {
		return nil, invalid(what, fmt.Sprintf("right %.40q does not exist", unknown))
	}
	return all.both(r), nil
}
