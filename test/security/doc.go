// Package security plays attacks on Selene, each small and bounded: what one client sends must not stop the service for others, and
// what one may not do is refused. README.md lists the attacks.
package security
