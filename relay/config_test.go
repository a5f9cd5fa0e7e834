package relay

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// THREAT 26: plain HTTP on loopback only, and a refusal names the flags.
func TestTransportMatrix(t *testing.T) {
	cert := func(c *Config) { c.TLSCert, c.TLSKey = "cert.pem", "key.pem" }
	for _, c := range []struct {
		name   string
		listen string
		change func(*Config)
		refuse string // part of the refusal; empty: allowed
		url    string
	}{
		{"loopback", "127.0.0.1:8080", nil, "", ""},
		{"loopback by name", "localhost:8080", nil, "", ""},
		{"IPv6 loopback", "[::1]:8080", nil, "", ""},
		{"mapped loopback", "[::ffff:127.0.0.1]:8080", nil, "", ""},
		{"every address", "0.0.0.0:8080", nil, "--tls-cert", ""},
		{"every address, short", ":8080", nil, "--tls-cert", ""},
		{"every IPv6 address", "[::]:8080", nil, "--tls-cert", ""},
		{"private network", "192.168.1.1:8080", nil, "--acme-host", ""},
		{"a name", "help.example.com:8080", nil, "loopback", ""},
		{"no port", "127.0.0.1", nil, "--listen", ""},
		{"certificate", "0.0.0.0:443", func(c *Config) { cert(c); c.PublicURL = "https://help.example.com" }, "", "https://help.example.com"},
		{"certificate, no address", "0.0.0.0:443", cert, "--public-url", ""},
		{"certificate, http address", "0.0.0.0:443", func(c *Config) { cert(c); c.PublicURL = "http://help.example.com" }, "https://", ""},
		{"certificate on loopback", "127.0.0.1:443", cert, "", ""},
		{"certificate, http on loopback", "127.0.0.1:443", func(c *Config) { cert(c); c.PublicURL = "http://127.0.0.1" }, "https://", ""},
		{"certificate without key", "0.0.0.0:443", func(c *Config) { c.TLSCert = "cert.pem" }, "--tls-key", ""},
		{"key without certificate", "127.0.0.1:443", func(c *Config) { c.TLSKey = "key.pem" }, "--tls-cert", ""},
		{"ACME", "0.0.0.0:443", func(c *Config) { c.ACMEHost = "help.example.com" }, "", "https://help.example.com"},
		{"ACME on another port", "0.0.0.0:8443", func(c *Config) { c.ACMEHost = "help.example.com" }, "", "https://help.example.com:8443"},
		{"ACME and certificate", "0.0.0.0:443", func(c *Config) { cert(c); c.ACMEHost = "help.example.com" }, "not both", ""},
		{"proxy", "127.0.0.1:8080", func(c *Config) { c.BehindProxy = true; c.PublicURL = "https://Help.example.com/" }, "", "https://help.example.com"},
		{"proxy, no address", "127.0.0.1:8080", func(c *Config) { c.BehindProxy = true }, "--public-url", ""},
		{"proxy elsewhere", "0.0.0.0:8080", func(c *Config) { c.BehindProxy = true; c.PublicURL = "https://help.example.com" }, "loopback", ""},
		{"http to others", "127.0.0.1:8080", func(c *Config) { c.PublicURL = "http://help.example.com" }, "https://", ""},
		{"an address with a path", "127.0.0.1:8080", func(c *Config) { c.PublicURL = "https://help.example.com/beside" }, "--public-url", ""},
		{"another scheme", "127.0.0.1:8080", func(c *Config) { c.PublicURL = "ftp://help.example.com" }, "https://", ""},
	} {
		cfg := Config{Dir: "x", Listen: c.listen, TurnListen: "off"}
		if c.change != nil {
			c.change(&cfg)
		}
		err := cfg.validate()
		var refused *ConfigError
		switch {
		case c.refuse == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.refuse != "" && (!errors.As(err, &refused) || !strings.Contains(err.Error(), c.refuse)):
			t.Errorf("%s: got %v, want a refusal that names %q", c.name, err, c.refuse)
		case c.url != "" && cfg.PublicURL != c.url:
			t.Errorf("%s: address %q, want %q", c.name, cfg.PublicURL, c.url)
		}
	}
}

// certificate writes a self-signed certificate for loopback.
func certificate(t *testing.T) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "relay"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write(t, cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), 0o644)
	write(t, key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})), 0o600)
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool = x509.NewCertPool()
	pool.AddCert(parsed)
	return cert, key, pool
}

func write(t *testing.T, name, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, mode); err != nil {
		t.Fatal(err)
	}
}

func TestServesTLS(t *testing.T) {
	cert, key, pool := certificate(t)
	tr := startRelay(t, func(c *Config) { c.TLSCert, c.TLSKey = cert, key })
	if !strings.HasPrefix(tr.URL(), "https://127.0.0.1:") {
		t.Fatalf("address is %s", tr.URL())
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	defer transport.CloseIdleConnections()
	resp, err := (&http.Client{Transport: transport}).Get(tr.URL() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("got %d, %v", resp.StatusCode, resp.Header)
	}
	old := &tls.Config{RootCAs: pool, MaxVersion: tls.VersionTLS11}
	if conn, err := tls.Dial("tcp", tr.Addr().String(), old); err == nil {
		_ = conn.Close()
		t.Error("TLS 1.1 is spoken")
	}
}

// THREAT 22: a key that others can read is refused.
func TestKeyFilesOfOthersAreRefused(t *testing.T) {
	cert, key, _ := certificate(t)
	for mode, want := range map[os.FileMode]bool{0o600: true, 0o400: true, 0o640: false, 0o604: false, 0o644: false, 0o660: false} {
		if err := os.Chmod(key, mode); err != nil {
			t.Fatal(err)
		}
		_, err := (&Relay{cfg: Config{TLSCert: cert, TLSKey: key}}).tlsConfig()
		if (err == nil) != want || (!want && !errors.Is(err, ErrKeyFile)) {
			t.Errorf("TLS key, mode %04o: got %v", mode, err)
		}
	}
	dir := t.TempDir()
	if _, err := openDir(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, keyName), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := openDir(dir); !errors.Is(err, ErrKeyFile) {
		t.Errorf("the relay's own key: got %v", err)
	}
}

// THREAT 14: no default and no weak secret.
func TestWeakSecretsAreRefused(t *testing.T) {
	name := filepath.Join(t.TempDir(), "token")
	for _, text := range []string{"", "changeme", "secret", strings.Repeat("a", 64), strings.Repeat("ab", 32), "password password password password"[:31]} {
		write(t, name, text, 0o600)
		var refused *ConfigError
		if _, err := readSecret(name); !errors.As(err, &refused) {
			t.Errorf("%q: got %v", text, err)
		}
	}
	write(t, name, "c2f1a09b7d3e4856c2f1a09b7d3e4856\n", 0o600)
	if _, err := readSecret(name); err != nil {
		t.Errorf("a good one: %v", err)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, keyName), strings.Repeat("\x00", keyLength), 0o600)
	if _, err := openDir(dir); err == nil {
		t.Error("a key of zeros is taken")
	}
}

// THREAT 14: two fresh relays share no secret, and none has an account.
func TestNoDefaultCredentials(t *testing.T) {
	a, b := startRelay(t, nil), startRelay(t, nil)
	if a.turn.password("x") == b.turn.password("x") {
		t.Error("two relays have the same key")
	}
	for _, tr := range []*testRelay{a, b} {
		people, err := tr.store.People(context.Background(), tr.org.ID)
		if err != nil || len(people) != 0 {
			t.Errorf("a fresh relay has %v, %v", people, err)
		}
	}
}

func TestStartErrors(t *testing.T) {
	tr := startRelay(t, nil)
	taken := fmt.Sprint(tr.Addr())
	if _, err := New(Config{Dir: t.TempDir(), Listen: taken}); !errors.Is(err, ErrPortInUse) {
		t.Errorf("port in use: got %v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "", 0o600)
	if _, err := New(Config{Dir: filepath.Join(file, "data"), Listen: "127.0.0.1:0"}); !errors.Is(err, ErrDataDir) {
		t.Errorf("data folder: got %v", err)
	}
}

func TestMetricsAreForLoopbackOrTheToken(t *testing.T) {
	name := filepath.Join(t.TempDir(), "token")
	const token = "c2f1a09b7d3e4856c2f1a09b7d3e4856"
	write(t, name, token, 0o600)
	open, locked := startRelay(t, nil), startRelay(t, func(c *Config) { c.MetricsTokenFile = name })
	for _, c := range []struct {
		name  string
		tr    *testRelay
		key   string
		value string
		want  int
	}{
		{"loopback", open, "X-Nothing", "", 200},
		{"through a proxy", open, "X-Forwarded-For", "203.0.113.9", 403},
		{"without the token", locked, "X-Nothing", "", 403},
		{"with another", locked, "Authorization", "Bearer x", 403},
		{"with the token", locked, "Authorization", "Bearer " + token, 200},
	} {
		req, err := http.NewRequest("GET", c.tr.URL()+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set(c.key, c.value)
		client := c.tr.browser()
		client.Transport.(*ownOrigin).origin = ""
		if status, _ := c.tr.do(client, req); status != c.want {
			t.Errorf("%s: got %d, want %d", c.name, status, c.want)
		}
	}
}

func TestClientAddress(t *testing.T) {
	for _, c := range []struct {
		remote, forwarded string
		proxy             bool
		want              string
	}{
		{"203.0.113.5:1", "", false, "203.0.113.5"},
		{"203.0.113.5:1", "198.51.100.1", true, "203.0.113.5"}, // not our proxy
		{"127.0.0.1:1", "198.51.100.1", false, "127.0.0.1"},
		{"127.0.0.1:1", "6.6.6.6, 198.51.100.1", true, "198.51.100.1"},
		{"[::ffff:203.0.113.5]:1", "", false, "203.0.113.5"},
		{"[2001:db8:1:2:3:4:5:6]:1", "", false, "2001:db8:1:2::/64"},
		{"[2001:db8:1:2:ffff::1]:1", "", false, "2001:db8:1:2::/64"},
	} {
		r := &Relay{cfg: Config{BehindProxy: c.proxy}}
		req := &http.Request{RemoteAddr: c.remote, Header: http.Header{}}
		if c.forwarded != "" {
			req.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := r.clientAddress(req); got != c.want {
			t.Errorf("%+v: got %s", c, got)
		}
	}
}
