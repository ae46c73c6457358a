// Package sessions keeps what belongs to a session: its ticket, its presence, what was judged, and what remains when it is
// erased.
//
// A session made over REST begins with a ticket, which holds the hash of its secret and opens it once. While a session is
// open, one edge holds its presence; when that expires, the session has ended. Frames, verdicts, decisions, events and
// the states of videos are read back from the streams. [Store.Find] searches them without an index.
package sessions
