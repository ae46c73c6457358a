package main

import "testing"

func TestAnnouncedAddressIsThatOfTheEdgeOrNone(t *testing.T) {
	for addr, want := range map[string]string{
		"127.0.0.1:8321": "http://127.0.0.1:8321", "10.1.2.3:80": "http://10.1.2.3:80", "[::1]:9000": "http://[::1]:9000",
		"selene.example:443": "http://selene.example:443", ":9000": "", "0.0.0.0:9000": "", "[::]:9000": "", "127.0.0.1:0": "", "nonsense": "",
	} {
		if got := knownURL(addr); got != want {
			t.Errorf("%s: %q, want %q", addr, got, want)
		}
	}
}
