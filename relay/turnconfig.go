package relay

import (
	"net"
	"net/netip"
	"net/url"
)

// The relayed ports, unless the operator says otherwise: the dynamic ones (RFC 6335).
const (
	defaultTurnPortMin = 49152
	defaultTurnPortMax = 65535
)

// validateTurn fills in TURN's addresses.
func (c *Config) validateTurn(listenHost string) error {
	if c.TurnListen == "off" {
		return nil
	}
	if c.TurnListen == "" {
		if loopbackHost(listenHost) {
			c.TurnListen = "127.0.0.1:0"
		} else {
			c.TurnListen = net.JoinHostPort(listenHost, "3478")
		}
	}
	host, _, err := net.SplitHostPort(c.TurnListen)
	if err != nil {
		return refuse("--turn-listen %q is not an address and port such as 0.0.0.0:3478, nor \"off\"", c.TurnListen)
	}
	if c.TurnPortMin == 0 && c.TurnPortMax == 0 {
		c.TurnPortMin, c.TurnPortMax = defaultTurnPortMin, defaultTurnPortMax
	}
	if c.TurnPortMin < 1024 || c.TurnPortMax < c.TurnPortMin {
		return refuse("--turn-ports %d-%d is not a range of ports from 1024 on", c.TurnPortMin, c.TurnPortMax)
	}
	return c.findTurnIP(host)
}

func (c *Config) findTurnIP(host string) error {
	if c.TurnPublicIP.IsValid() {
		return nil
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	if addr, err := netip.ParseAddr(host); err == nil && !addr.IsUnspecified() {
		c.TurnPublicIP = addr.Unmap()
		return nil
	}
	if u, err := url.Parse(c.PublicURL); err == nil && u.Hostname() != "" {
		if ips, err := net.LookupIP(u.Hostname()); err == nil {
			for _, ip := range ips {
				if addr, ok := netip.AddrFromSlice(ip); ok {
					c.TurnPublicIP = addr.Unmap()
					return nil
				}
			}
		}
	}
	return refuse("TURN must tell the others its address from outside, and %s does not resolve; set --turn-public-ip or --turn-listen off", c.PublicURL)
}
