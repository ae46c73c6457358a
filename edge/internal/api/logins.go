package api

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"strings"
	"time"
)

// logins limits how often passwords are tried, so that guessing takes too long and nobody can lock another person out from afar:
// wrong passwords count for a user and an address together. A browser in which the user has logged in before carries a cookie that
// says so (OWASP's device cookies) and has a count of its own, wherever it is. All other attempts for a user share a bucket, which
// only an attack from many addresses empties.
type logins struct {
	byAddress *limiter
	strangers *limiter // by user
	tries     *backOff // by user and address, or user and device
}

// ownLogin is the device of callers who are logged in and give their old password: a stolen login does not help to guess it.
const ownLogin = "login"

func newLogins() *logins {
	return &logins{byAddress: newLimiter(0.5, 30), strangers: newLimiter(1, 1000), tries: newBackOff()}
}

// try counts an attempt. It returns its key, to be forgotten after a success, or a problem if there were too many.
func (l *logins) try(r *http.Request, user, device string) (key string, err error) {
	now := time.Now()
	key = user + "\x00" + clientOf(r).key()
	if device != "" {
		key = user + "\x00device\x00" + device
	}
	if wait := l.byAddress.take(clientOf(r).key(), now); wait > 0 {
		return "", tooMany(wait, "too many logins from this address")
	}
	if wait := l.tries.take(key, now); wait > 0 {
		return "", tooMany(wait, "too many wrong passwords for this user from this address")
	}
	if device != "" {
		return key, nil
	}
	if wait := l.strangers.take(user, now); wait > 0 {
		return "", tooMany(wait, "too many logins for this user")
	}
	return key, nil
}

const deviceAge = 365 * 24 * time.Hour

// deviceCookie is the name of the cookie of a browser in which a user has logged in.
func deviceCookie(r *http.Request) string {
	if clientOf(r).secure {
		return "__Host-selene_device"
	}
	return "selene_device"
}

func (a *API) deviceMark(user, id string) string {
	return a.Signer.Pseudonym("device." + user + "." + id)
}

// deviceOf returns the ID of a browser in which the user has logged in before, and "" for others.
func (a *API) deviceOf(r *http.Request, user string) string {
	cookie, err := r.Cookie(deviceCookie(r))
	if err != nil {
		return ""
	}
	id, mark, _ := strings.Cut(cookie.Value, ".")
	if subtle.ConstantTimeCompare([]byte(mark), []byte(a.deviceMark(user, id))) != 1 {
		return ""
	}
	return id
}

// markDevice gives a browser in which the user has just logged in its cookie.
func (a *API) markDevice(w http.ResponseWriter, r *http.Request, user string) {
	id := rand.Text()
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure is set where the client speaks TLS
		Name: deviceCookie(r), Value: id + "." + a.deviceMark(user, id), Path: "/", MaxAge: int(deviceAge / time.Second),
		HttpOnly: true, Secure: clientOf(r).secure, SameSite: http.SameSiteStrictMode,
	})
}
