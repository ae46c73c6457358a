// Package nats has the configuration of a nats-server for Selene. The tests of this folder start one with it.
package nats

//go:generate go test -run=^(TestFilesAreTheRoles|TestWhatEachRoleMayDo)$ -update .
