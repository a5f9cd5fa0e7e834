package relay

import "net/netip"

// reserved are the IPv4 networks that are not public unicast (IANA's special-purpose
// registry, RFC 6890 and its successors).
func reserved4() []netip.Prefix {
	return prefixes(
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
		"192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
		"198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	)
}

// reserved6 are the networks inside 2000::/3 that are not public unicast: protocol
// assignments with Teredo and benchmarking, documentation, and 6to4.
func reserved6() []netip.Prefix {
	return prefixes("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
}

func prefixes(texts ...string) []netip.Prefix {
	list := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		list[i] = netip.MustParsePrefix(text)
	}
	return list
}

// publicUnicast decides which addresses TURN may relay to: an allow-list, so that
// whatever is not known to be public is refused. IPv4 inside IPv6 is judged by what is
// inside (mapped, NAT64); 6to4 and Teredo are refused whole.
type publicUnicast struct {
	reserved4, reserved6 []netip.Prefix
	global6, nat64       netip.Prefix
}

func newPublicUnicast() publicUnicast {
	return publicUnicast{
		reserved4: reserved4(), reserved6: reserved6(),
		global6: netip.MustParsePrefix("2000::/3"), nat64: netip.MustParsePrefix("64:ff9b::/96"),
	}
}

func (p publicUnicast) contains(addr netip.Addr) bool {
	addr = p.unwrap(addr)
	switch {
	case !addr.IsValid() || addr.Zone() != "":
		return false
	case addr.Is4():
		return !within(p.reserved4, addr)
	default:
		return p.global6.Contains(addr) && !within(p.reserved6, addr)
	}
}

// unwrap returns the IPv4 address inside a mapped or NAT64 one.
func (p publicUnicast) unwrap(addr netip.Addr) netip.Addr {
	addr = addr.Unmap()
	if addr.Is6() && p.nat64.Contains(addr) {
		b := addr.As16()
		return netip.AddrFrom4([4]byte(b[12:]))
	}
	return addr
}

func within(list []netip.Prefix, addr netip.Addr) bool {
	for _, p := range list {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}
