package relay

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"

	"beside/relay/internal/auth"
)

// Config makes a Relay. Fields without a stated zero value are required.
type Config struct {
	// Dir is the folder of everything that is kept: database, keys, recordings. It is
	// made when it is missing.
	Dir string
	// Listen is the address and port of the web server.
	Listen string
	// PublicURL is how browsers and agents reach the relay, as https://host[:port].
	// Empty means the address it listens on (loopback), or the ACME host.
	PublicURL string
	// TLSCert and TLSKey are files in PEM. Both empty means plain HTTP, which is
	// served on loopback only, or ACME.
	TLSCert, TLSKey string
	// ACMEHost asks Let's Encrypt for a certificate for this name. Empty means no.
	ACMEHost string
	// BehindProxy trusts the last X-Forwarded-For of a proxy on loopback. Needs
	// PublicURL to be https.
	BehindProxy bool

	// Organisation names the first organisation when the database is new. Empty means
	// "My organisation".
	Organisation string
	// Processor is who runs this relay, as users are told. Empty means the
	// organisation itself.
	Processor string
	// Region is where recordings are stored, in words. Empty means not stated.
	Region string
	// FirstRoles are the roles of the first person. Zero means all.
	FirstRoles Roles

	// TurnListen is the address and port of TURN, for UDP and TCP. Empty means a free port on
	// loopback when Listen is loopback, and port 3478 otherwise; "off" means none.
	TurnListen string
	// TurnPublicIP is the address under which TURN is reached from outside. Zero means
	// the address of TurnListen, or what PublicURL's name resolves to.
	TurnPublicIP netip.Addr
	// TurnPortMin and TurnPortMax bound the relayed ports. Zero means 49152 to 65535.
	TurnPortMin, TurnPortMax uint16
	// TurnAllow are private networks that TURN may relay into. It is an exception for
	// development networks; empty means none.
	TurnAllow []netip.Prefix

	// MetricsTokenFile names a file with a token of 32 characters or more; a program
	// with this bearer token may read /metrics. Empty means that it is served to
	// loopback only.
	MetricsTokenFile string
	// Version is shown to people who signed in. Empty means "development".
	Version string
	// Web serves the web application. nil means that there is none.
	Web http.Handler
	// Console is where the first admin's one-time link is printed, and nothing else.
	// nil means nowhere; then only the command line can make the first link.
	Console io.Writer
	// Log receives what happens. nil means nowhere.
	Log *slog.Logger
}

// Roles is a set of roles, see ParseRoles.
type Roles = auth.Roles

// ConfigError is a configuration that the relay refuses to start with. Its text is
// for the operator and names the flag to change.
type ConfigError struct{ text string }

func (e *ConfigError) Error() string { return e.text }

func refuse(format string, args ...any) error {
	return &ConfigError{fmt.Sprintf(format, args...)}
}

// Errors of a start that is well configured and fails all the same.
var (
	ErrPortInUse = errors.New("the port is in use by another program; stop it or choose another with --listen")
	ErrDataDir   = errors.New("the data folder cannot be used; choose another with --data or give the relay's system user the right to write there")
	ErrNewer     = errors.New("the database was written by a newer version of beside-relay; start that version, or restore a backup from before the update")
	ErrKeyFile   = errors.New("a key file can be read by others; run chmod 600 on it")
)

// validate checks c and fills the fields whose zero value means something.
func (c *Config) validate() error {
	if c.Dir == "" {
		return refuse("no data folder is named; set --data")
	}
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return refuse("--listen %q is not an address and port such as 127.0.0.1:8080", c.Listen)
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Console == nil {
		c.Console = io.Discard
	}
	if c.Organisation == "" {
		c.Organisation = "My organisation"
	}
	if c.FirstRoles == 0 {
		c.FirstRoles = auth.All
	}
	if c.Version == "" {
		c.Version = "development"
	}
	if err := c.validateTransport(host, port); err != nil {
		return err
	}
	return c.validateTurn(host)
}

// secure reports whether the relay itself speaks TLS.
func (c *Config) secure() bool { return c.TLSCert != "" || c.ACMEHost != "" }

// validateTransport holds the rule: plain HTTP on loopback only.
func (c *Config) validateTransport(host, port string) error {
	switch {
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return refuse("--tls-cert and --tls-key belong together; set both")
	case c.TLSCert != "" && c.ACMEHost != "":
		return refuse("--acme-host gets its own certificate; set it or --tls-cert and --tls-key, not both")
	case !c.secure() && !loopbackHost(host):
		return refuse("plain HTTP is served on loopback only, and %s is not loopback; set --tls-cert and --tls-key, "+
			"or --acme-host, or listen on 127.0.0.1 behind a proxy that speaks TLS", c.Listen)
	}
	if c.PublicURL == "" {
		return c.ownURL(host, port)
	}
	return c.checkPublicURL()
}

// ownURL makes PublicURL of what else is known. The port may still be 0; New puts the
// real one in.
func (c *Config) ownURL(host, port string) error {
	switch {
	case c.BehindProxy:
		return refuse("--behind-proxy needs --public-url, the https address that the proxy serves")
	case c.ACMEHost != "":
		c.PublicURL = "https://" + c.ACMEHost
		if port != "443" {
			c.PublicURL += ":" + port
		}
	case c.TLSCert != "" && !loopbackHost(host):
		return refuse("browsers must know the relay's own address; set --public-url, such as https://help.example.com")
	}
	return nil
}

func (c *Config) checkPublicURL() error {
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return refuse("--public-url %q is not an address such as https://help.example.com", c.PublicURL)
	}
	switch {
	case u.Scheme == "http" && !loopbackHost(u.Hostname()):
		return refuse("--public-url %q is plain HTTP to another machine; it must begin with https://", c.PublicURL)
	case u.Scheme == "http" && c.secure():
		return refuse("--public-url %q says http, but a certificate is set; it must begin with https://", c.PublicURL)
	case u.Scheme != "http" && u.Scheme != "https":
		return refuse("--public-url %q must begin with https://", c.PublicURL)
	case c.BehindProxy && u.Scheme != "https":
		return refuse("--behind-proxy needs an https address in --public-url")
	}
	c.PublicURL = u.Scheme + "://" + strings.ToLower(u.Host)
	return nil
}

func loopbackHost(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// minSecret is the shortest secret that an operator may choose.
const minSecret = 32

// readSecret reads a secret from a file; a short one, or one character over and over,
// is refused.
func readSecret(name string) (auth.Secret, error) {
	data, err := readKeyFile(name)
	if err != nil {
		return auth.Secret{}, err
	}
	text := strings.TrimSpace(string(data))
	kinds := map[rune]struct{}{}
	for _, c := range text {
		kinds[c] = struct{}{}
	}
	if len(text) < minSecret || len(kinds) < minSecret/4 {
		return auth.Secret{}, refuse("the secret in %s is too weak; make one with: openssl rand -hex 32 > %s", name, name)
	}
	return auth.SecretOf(text), nil
}

// readKeyFile reads a file that only its owner may read.
func readKeyFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%w (%s, mode %04o)", ErrKeyFile, name, info.Mode().Perm())
	}
	return os.ReadFile(name)
}
