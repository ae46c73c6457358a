package schemas

// Lockout limits how often one subject may fail. The subject is the external ID of the session's ticket, or the client's address if
// the session was opened without a ticket.
type Lockout struct {
	MaxFailures        int     `json:"max_failures"`
	MaxAddressFailures int     `json:"max_address_failures"`
	WindowSeconds      float64 `json:"window_seconds"`
	LockoutSeconds     float64 `json:"lockout_seconds"`
}

const (
	maxFailures = 1000
	maxLockout  = 86400 // seconds
)

func (l *Lockout) fields() []field {
	return []field{
		{
			at: &l.MaxFailures, title: "Failures of a person", value: 5, high: maxFailures,
			about: "Failed sessions with the same external ID after which further ones are refused for a while. 0: off.",
		},
		{
			at: &l.MaxAddressFailures, title: "Failures of an address", value: 30, high: maxFailures,
			about: "Failed sessions without a ticket from the same address after which further ones are refused for a while. Many " +
				"people may share an address. 0: off.",
		},
		{
			at: &l.WindowSeconds, title: "Window", value: 900.0, low: 1, high: maxLockout,
			about: "Seconds within which the failures count together.",
		},
		{
			at: &l.LockoutSeconds, title: "Lock-out", value: 900.0, low: 1, high: maxLockout,
			about: "Seconds of the first lock-out. Each further one within the window lasts twice as long, up to a day.",
		},
	}
}
