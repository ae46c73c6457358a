package schemas

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

func isUIText(text string) bool {
	isBad := func(r rune) bool { return unicode.IsControl(r) && r != '\n' }
	return utf8.RuneCountInString(text) <= maxUIText && !strings.ContainsFunc(text, isBad)
}

// isUIURL refuses every scheme that a browser would run, and paths that name another machine.
func isUIURL(address string) bool {
	u, err := url.Parse(address)
	if err != nil || len(address) > maxUIURL {
		return false
	}
	isBad := func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\\' }
	isWeb := (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil
	isPath := u.Scheme == "" && u.Host == "" && strings.HasPrefix(address, "/") && !strings.HasPrefix(address, "//")
	return (isWeb || isPath) && !strings.ContainsFunc(address, isBad)
}

// isOrigin accepts origins in the browser's notation. They end up in a Content-Security-Policy, so nothing may be a wildcard or end
// a directive.
func isOrigin(address string) bool {
	u, err := url.Parse(address)
	return err == nil && uiOrigin.MatchString(address) &&
		(u.Scheme != "http" || u.Port() != "80") && (u.Scheme != "https" || u.Port() != "443")
}
