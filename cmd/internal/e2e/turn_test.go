package e2e

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"beside/agent/desktop"
	"beside/cmd/internal/stage"
)

// Where the relay of these tests is, and its ports.
const (
	relayAddress = "10.77.0.1"
	relayListen  = relayAddress + ":8443"
	turnPort     = 3478
)

// apart is a session whose two people cannot reach one another: each is connected to the
// relay's machine by a cable of their own, and that machine passes nothing on.
//
//	agent ──10.77.1.0/24── relay (10.77.0.1) ──10.77.2.0/24── Chromium
type apart struct {
	*scene
	hub, user, technician *island
}

func newApart(t *testing.T) *apart {
	t.Helper()
	hub, user, technician := newIsland(t), newIsland(t), newIsland(t)
	hub.connect("user", user, "10.77.1")
	hub.connect("technician", technician, "10.77.2")
	hub.ip("address add " + relayAddress + "/32 dev lo")
	hub.passNothingOn()
	a := &apart{hub: hub, user: user, technician: technician}
	a.provePartition(t)

	ctx, cancel := context.WithTimeout(t.Context(), townTime)
	log, cert := &logbook{}, newCertificate(t)
	opts := stage.Options{
		Log: log, Desktop: desktop.Options{Log: log}, Listen: relayListen,
		RelayArgs: []string{"--public-url", "https://" + relayListen, "--tls-cert", cert.file, "--tls-key", cert.keyFile},
		// Both trust the one certificate, as they would trust a public authority's.
		AgentEnv: []string{"SSL_CERT_FILE=" + cert.file},
		BrowserFlags: map[string]any{
			"ignore-certificate-errors-spki-list": cert.pin, "allow-loopback-in-peer-connection": false,
		},
	}
	var st *stage.Stage
	var err error
	hub.in(func() { st, err = stage.New(ctx, opts) })
	if err != nil {
		cancel()
		t.Fatalf("%v\n%s", err, log.since(0))
	}
	a.scene = &scene{Stage: st, t: t, ctx: ctx, log: log}
	t.Cleanup(func() {
		if t.Failed() && a.page != nil {
			a.photograph()
		}
		cancel()
		st.Close()
		if t.Failed() {
			t.Logf("The programs printed:\n%s", log.since(0))
		}
	})
	technician.in(func() { a.page, err = st.SignUp(ctx) })
	a.must(err)
	user.in(func() { a.startAgent() })
	return a
}

// provePartition sends from each side to the other, and to the relay's machine.
func (a *apart) provePartition(t *testing.T) {
	t.Helper()
	user, technician, relay := a.user.listen("10.77.1.2:9"), a.technician.listen("10.77.2.2:9"), a.hub.listen(relayAddress+":9")
	for _, c := range []struct {
		name     string
		from, to net.PacketConn
		want     bool
	}{
		{"user to relay", user, relay, true}, {"technician to relay", technician, relay, true},
		{"user to technician", user, technician, false}, {"technician to user", technician, user, false},
	} {
		if err := arrives(t, c.from, c.to, c.want); (err == nil) != c.want {
			t.Fatalf("%s: got %v, want a way: %v", c.name, err, c.want)
		}
	}
	for _, conn := range []net.PacketConn{user, technician, relay} {
		conn.Close()
	}
}

// arrives sends until something arrives, for long where it is wanted.
func arrives(t *testing.T, from, to net.PacketConn, wanted bool) (err error) {
	t.Helper()
	tries := 5
	if wanted {
		tries = 200
	}
	for range tries {
		if _, err = from.WriteTo([]byte("hello"), to.LocalAddr()); err != nil {
			return err
		}
		if err = to.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
			return err
		}
		if _, _, err = to.ReadFrom(make([]byte, 16)); err == nil {
			return nil
		}
	}
	return err
}

// certificate is one that nobody has signed but itself.
type certificate struct {
	file, keyFile string
	pin           string // SHA-256 of its public key
}

func newCertificate(t *testing.T) certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Beside test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.ParseIP(relayAddress)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	private, err2 := x509.MarshalPKCS8PrivateKey(key)
	c := certificate{file: filepath.Join(t.TempDir(), "cert.pem"), keyFile: filepath.Join(t.TempDir(), "key.pem")}
	err = errors.Join(err, err2,
		os.WriteFile(c.file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600),
		os.WriteFile(c.keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(public)
	c.pin = base64.StdEncoding.EncodeToString(sum[:])
	return c
}

// relayed are the ports on which the relay relays packets now.
func (a *apart) relayed() []int {
	return slices.DeleteFunc(udpPorts(a.t, a.Relay.PID()), func(port int) bool { return port == turnPort })
}

// pathTaken is what the page's browser says of the pair of candidates that is in use.
type pathTaken struct{ Local, Remote, Protocol string }

func (a *apart) pathTaken() (p pathTaken) {
	a.t.Helper()
	a.must(a.page.Evaluate(a.ctx, `(async () => {
	  const all = [...(await besidePeers.at(-1).getStats()).values()];
	  const used = all.find(r => r.type === 'transport').selectedCandidatePairId;
	  const of = id => all.find(r => r.id === id), pair = of(used);
	  const local = of(pair.localCandidateId), remote = of(pair.remoteCandidateId);
	  return {Local: local.candidateType, Remote: remote.candidateType, Protocol: local.relayProtocol};
	})()`, &p))
	return p
}

// THREAT 9: a whole session between two people who can reach the relay and nothing else:
// its own TURN carries it, over UDP or where no UDP passes over TCP, and is dead when the
// session is.
func TestSessionOverTurn(t *testing.T) {
	for _, c := range []struct {
		protocol string
		carries  func(packet) bool // packets of the session that reach the relay's machine
	}{
		{"udp", func(p packet) bool { return !p.tcp && p.large() && p.to == turnPort }},
		{"tcp", func(p packet) bool { return p.tcp && p.large() && p.to == turnPort }},
	} {
		t.Run(c.protocol, func(t *testing.T) {
			a := newApart(t)
			if c.protocol == "tcp" {
				a.hub.swallowUDP("user", "technician")
			}
			var wire *wiretap
			a.hub.in(func() { wire = tap(t, "user") })
			a.join()
			yes := a.yes()
			seen, err := a.page.AwaitPicture(a.ctx)
			a.must(err)
			t.Logf("from yes to picture: %v", seen.Sub(yes).Round(time.Millisecond))
			a.settlesOn(pathTaken{"relay", "relay", c.protocol})
			if n := len(a.relayed()); n < 2 {
				t.Errorf("the relay relays on %d ports, want one for each end", n)
			}
			a.control()
			a.clicks()
			a.bustle()
			a.must(until(a.ctx, func() bool { return len(wire.heard(c.carries)) > 100 }))
			pressed := a.endsRelaying()
			a.quiet(pressed, listenAfter)
			a.expectNoneAstray(wire, c.carries, pressed)
		})
	}
}

// settlesOn waits until the browser has found its best path: the first one that works may
// be another.
func (a *apart) settlesOn(want pathTaken) {
	a.t.Helper()
	const settle = 10 * time.Second
	began := time.Now()
	a.must(until(a.ctx, func() bool { return a.pathTaken() == want || time.Since(began) > settle }))
	if got := a.pathTaken(); got != want {
		a.t.Errorf("the session takes the path %v, want %v", got, want)
	}
}

// clicks lets the technician click, and the user's window see it.
func (a *apart) clicks() {
	a.t.Helper()
	target := a.target(deskTarget)
	a.must(a.page.ClickOn(a.ctx, 1601, 703))
	a.must(target.Wait(a.ctx, arrived(desktop.ButtonRelease, 1)))
	if got, want := buttons(target.Clear()), []string{"press 1 at 1601,703", "release 1 at 1601,703"}; !slices.Equal(got, want) {
		a.t.Errorf("of the click arrived %q, want %q", got, want)
	}
}

// endsRelaying lets the user press End and expects the relay to relay no more. A browser
// that does not answer gives nothing back: the relay must take it.
func (a *apart) endsRelaying() (pressed time.Time) {
	a.t.Helper()
	const most = time.Second
	thaw := freeze(a.t, a.browserProcesses()...)
	pressed, err := a.EndSession(a.ctx)
	a.must(err)
	a.must(until(a.ctx, func() bool { return len(a.relayed()) == 0 || time.Since(pressed) > 2*most }))
	dead := time.Since(pressed)
	if dead > most {
		a.t.Errorf("the relay's allocations lived for %v after End", dead)
	}
	a.t.Logf("from End to the last allocation: %v", dead.Round(time.Millisecond))
	thaw()
	a.over("The user ended the session")
	return pressed
}

// large packets carry what is on the screen, as video or as exact updates; what looks for a
// path and keeps it is smaller.
func (p packet) large() bool { return p.size > 300 }

// expectNoneAstray expects that everything of the session went to the relay's TURN, and
// nothing after End.
func (a *apart) expectNoneAstray(wire *wiretap, carries func(packet) bool, pressed time.Time) {
	a.t.Helper()
	relay := netip.MustParseAddr(relayAddress)
	carried := wire.heard(carries)
	astray := wire.heard(func(p packet) bool {
		return !p.tcp && (p.large() || p.media()) && !(p.to == turnPort && p.address == relay) || carries(p) && p.address != relay
	})
	if len(astray) > 0 {
		a.t.Errorf("%d packets did not go to the relay's TURN, first %+v", len(astray), astray[0])
	}
	if last := carried[len(carried)-1].at.Sub(pressed); last > cutWithin {
		a.t.Errorf("the last packet left %v after End, want at most %v", last, cutWithin)
	}
	a.t.Logf("%d packets carried the session", len(carried))
}
