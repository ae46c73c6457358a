package webhook

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestPublicOnly(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("it was reached") }))
	defer server.Close()
	s := New("", time.Minute, nil)
	defer s.Close()
	for _, address := range []string{server.URL, strings.Replace(server.URL, "127.0.0.1", "localhost", 1), strings.Replace(server.URL, "127.0.0.1", "[::ffff:127.0.0.1]", 1)} {
		if _, err := s.Post(t.Context(), address, nil); err == nil || !strings.Contains(err.Error(), "not a public address") {
			t.Errorf("%s: %v", address, err)
		}
	}
	for address, want := range map[string]bool{
		"8.8.8.8": true, "2606:4700::1111": true, "::ffff:8.8.8.8": true,
		"10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false, "169.254.169.254": false, "100.64.1.1": false, "0.0.0.0": false, "224.0.0.1": false,
		"255.255.255.255": false, "::1": false, "::": false, "fe80::1": false, "fd00::1": false, "64:ff9b::7f00:1": false, "2002:7f00:1::": false, "::ffff:10.0.0.1": false,
		"::127.0.0.1": false, "::ffff:0:127.0.0.1": false, "fec0::1": false, "2001::7f00:1": false, "2001:db8::1%eth0": false, "fe80::1%eth0": false,
		"64:ff9b:1::a9fe:a9fe": false, "192.88.99.1": false, "ff02::1": false,
	} {
		if got := Networks(nil).allow(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: public is %v", address, got)
		}
	}
}

func TestPrivateAddressesAreRefusedBeforeTheyAreUsed(t *testing.T) {
	allowed := Networks{netip.MustParsePrefix("10.1.0.0/16")}
	for address, want := range map[string]bool{
		"http://127.0.0.1:9/x": false, "http://localhost/": false, "http://[::1]/": false, "http://169.254.169.254/latest/meta-data": false,
		"http://10.2.0.1": false, "http://[fd00::1]": false, "http://[::ffff:127.0.0.1]/": false,
		"https://10.1.0.1/x": true, "http://8.8.8.8/": true, "http://[2606:4700::1111]:80/": true, "http://nowhere.invalid/": true,
	} {
		if err := allowed.Reach(t.Context(), address); (err == nil) != want {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestNetworks(t *testing.T) {
	var n Networks
	if err := n.Decode(" 127.0.0.1, 10.1.2.3/16,fd00::/8 ,::ffff:192.168.0.1,"); err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]bool{
		"127.0.0.1": true, "::ffff:127.0.0.1": true, "10.1.255.255": true, "fd00::1": true, "192.168.0.1": true, "8.8.8.8": true,
		"127.0.0.2": false, "10.2.0.1": false, "192.168.0.2": false, "169.254.169.254": false,
	} {
		if got := n.allow(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: allowed is %v", address, got)
		}
	}
	for _, wrong := range []string{"localhost", "10.0.0.0/33", "10.0.0.0/8;127.0.0.1"} {
		if err := n.Decode(wrong); err == nil || !strings.Contains(err.Error(), wrong) {
			t.Errorf("%s: %v", wrong, err)
		}
	}
	if err := n.Decode(""); err != nil || n != nil {
		t.Errorf("empty: %v, %v", n, err)
	}
}
