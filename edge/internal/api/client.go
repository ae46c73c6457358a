package api

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are addresses of trusted proxies, which report where a request comes from.
type Proxies []netip.Prefix

// ParseProxies parses addresses and networks, such as 10.0.0.0/8.
func ParseProxies(texts []string) (Proxies, error) {
	var out Proxies
	for _, text := range texts {
		text = strings.TrimSpace(text)
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			addr, notOne := netip.ParseAddr(text)
			if notOne != nil {
				return nil, fmt.Errorf("%q is neither an address nor a network such as 10.0.0.0/8", text)
			}
			prefix = netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen())
		}
		out = append(out, prefix.Masked())
	}
	return out, nil
}

func (p Proxies) trust(addr netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// client is the origin of a request.
type client struct {
	addr   netip.Addr
	secure bool // TLS up to the first proxy, or up to this server
}

// of returns the client of a request. It goes back from proxy to proxy while they are trusted.
func (p Proxies) of(r *http.Request) client {
	c := client{addr: addrOf(r.RemoteAddr), secure: r.TLS != nil}
	if !p.trust(c.addr) {
		return c
	}
	if proto, _, _ := strings.Cut(r.Header.Get("X-Forwarded-Proto"), ","); strings.EqualFold(strings.TrimSpace(proto), "https") {
		c.secure = true
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && p.trust(c.addr); i-- {
		addr := addrOf(strings.TrimSpace(hops[i]))
		if !addr.IsValid() {
			break
		}
		c.addr = addr
	}
	return c
}

// addrOf parses an address with or without a port. It returns the zero Addr for anything else.
func addrOf(text string) netip.Addr {
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	}
	addr, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		return netip.Addr{}
	}
	return addr.Unmap().WithZone("")
}

// AddressOf returns the address of the client of a request that passed the guard, or the /64 network of an IPv6 address, and "" if
// it is unknown.
func AddressOf(r *http.Request) string {
	c := clientOf(r)
	if !c.addr.IsValid() {
		return ""
	}
	return c.key()
}

// key returns the key of limits: an address, or the /64 network of an IPv6 address.
func (c client) key() string {
	if !c.addr.Is6() {
		return c.addr.String()
	}
	prefix, err := c.addr.Prefix(64)
	if err != nil {
		return c.addr.String()
	}
	return prefix.String()
}
