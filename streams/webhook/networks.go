package webhook

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// Networks are those that are not public and may be reached nevertheless.
type Networks []netip.Prefix

// Decode reads addresses and networks, separated by commas, such as 127.0.0.1,10.1.0.0/16. It is called for the environment.
func (n *Networks) Decode(list string) error {
	*n = nil
	for text := range strings.SplitSeq(list, ",") {
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			addr, notOne := netip.ParseAddr(text)
			if notOne != nil {
				return fmt.Errorf("%q is neither an address nor a network such as 10.1.0.0/16", text)
			}
			prefix = netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen())
		}
		*n = append(*n, prefix.Masked())
	}
	return nil
}

// allow reports whether an address may be reached: if it is public, or in one of the networks.
func (n Networks) allow(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return public(a) || contains(n, a)
}

// lookUpTime bounds the look-up of a name.
const lookUpTime = 2 * time.Second

// Reach returns an error if nothing that the host of an address now stands for may be reached. A name that does not resolve is no
// error. Each connection is checked again, since a name can change.
func (n Networks) Reach(ctx context.Context, address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("address: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, lookUpTime)
	defer cancel()
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", u.Hostname())
	if err != nil {
		return nil // the receiver may not run yet
	}
	for _, a := range found {
		if n.allow(a) {
			return nil
		}
	}
	return fmt.Errorf("must be on a public address, or in SELENE_WEBHOOKS_ALLOW: %s is not", u.Hostname())
}

func contains(prefixes []netip.Prefix, a netip.Addr) bool {
	for _, p := range prefixes {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// publicIPv6 is all of IPv6 that is assigned so far. The other ranges are private, or embed IPv4 addresses (NAT64, mapped and
// compatible addresses).
var publicIPv6 = netip.MustParsePrefix("2000::/3")

// notPublic lists networks of the special-purpose registries of IANA that netip does not treat as private: those shared by carriers,
// for protocols, for tests and for future use, and those by which IPv6 embeds IPv4 addresses.
var notPublic = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("192.88.99.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("2001::/23"),
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"),
	netip.MustParsePrefix("3fff::/20"),
}

func public(a netip.Addr) bool {
	return a.IsGlobalUnicast() && !a.IsPrivate() && (a.Is4() || publicIPv6.Contains(a)) && !contains(notPublic, a)
}
