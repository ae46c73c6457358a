// Package account knows who may do what: users, the groups that give them rights, their log-ins, and API tokens. It knows
// nothing of HTTP.
package account

import (
	"fmt"
	"slices"
)

// Right is what somebody may do with a section: SECTION:read or SECTION:write. The scopes of an API token are rights.
type Right string

// The rights there are.
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

// All is every right.
func All() Rights {
	return Rights{
		SessionsRead, SessionsWrite, SettingsRead, SettingsWrite, UIConfigsRead, UIConfigsWrite, ExportsRead, ExportsWrite,
		StatsRead, EventsRead, WorkersRead, UsersRead, UsersWrite, TokensRead, TokensWrite, AuditRead,
	}
}

// Have says whether a right is in the set.
func (r Rights) Have(right Right) bool { return slices.Contains(r, right) }

// Lacks is the first of others that is not in the set, "" if none is.
func (r Rights) Lacks(others Rights) Right {
	for _, o := range others {
		if !r.Have(o) {
			return o
		}
	}
	return ""
}

// both is what is in r and in others, in the order of All.
func (r Rights) both(others Rights) Rights {
	out := Rights{}
	for _, right := range All() {
		if r.Have(right) && others.Have(right) {
			out = append(out, right)
		}
	}
	return out
}

// parse checks rights that came from outside, and brings them into the order of All.
func (r Rights) parse(what string) (Rights, error) {
	all := All()
	if unknown := all.Lacks(r); unknown != "" {
		return nil, invalid(what, fmt.Sprintf("there is no right %.40q", unknown))
	}
	return all.both(r), nil
}
