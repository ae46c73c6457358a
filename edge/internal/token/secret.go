package token

import "log/slog"

// Secret is text that must not reach a log: it prints as ***.
type Secret string

func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "***"
}

// GoString returns *** for %#v.
func (s Secret) GoString() string { return s.String() }

// MarshalText returns *** for encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue returns *** for slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
