// Package security plays attacks on Selene, each small and bounded: what one client sends must not stop the service for others.
package security
