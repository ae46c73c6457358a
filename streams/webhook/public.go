package webhook

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// PublicOnly lets a sender reach public addresses alone, whatever a name stands for at the moment: not this machine, nor
// the networks it is in. It connects directly, past any proxy. It returns the sender, and is called before others use it.
func (s *Sender) PublicOnly() *Sender {
	dialer := &net.Dialer{Timeout: dialTime, Control: refusePrivate}
	s.client.Transport = &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, address)
		},
		ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute, TLSHandshakeTimeout: dialTime,
	}
	return s
}

// Close lets go of connections that nothing uses.
func (s *Sender) Close() { s.client.CloseIdleConnections() }

const dialTime = 10 * time.Second

// refusePrivate sees the address that was found for a name, right before it is connected to.
func refusePrivate(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("address %s: %w", address, err)
	}
	if !public(at.Addr()) {
		return fmt.Errorf("%s is no public address", at.Addr())
	}
	return nil
}

// notPublic are networks that netip does not know as private: shared by carriers, for protocols, tests and later use, and
// those through which an IPv4 address can be written as IPv6.
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("2001::/32"), netip.MustParsePrefix("2001:db8::/32"),
}

func public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range notPublic {
		if p.Contains(a) {
			return false
		}
	}
	return true
}
