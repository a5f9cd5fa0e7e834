package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"beside/cmd/internal/stage"
)

// insideArgument has this program measure in the network namespace that it was started
// in: the browser's and the relay's.
const insideArgument = "inside"

// The two ends of the link.
var (
	nearAddress = net.IPv4(10, 77, 0, 1) // the agent's
	farAddress  = net.IPv4(10, 77, 0, 2)
)

// runInside starts this program again in a network namespace of its own.
func runInside(ctx context.Context, args []string) error {
	own, err := os.Executable()
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	cmd := exec.CommandContext(ctx, own, append([]string{insideArgument}, args...)...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGTERM}
	err = cmd.Run()
	if errors.Is(err, syscall.EPERM) {
		return errors.New("bench: -link makes network namespaces, which needs the rights of root")
	}
	return err
}

// network is the two namespaces and the bridge between them:
//
//	agent ── 10.77.0.1 ── bench0 ═══ bridge ═══ bench1 ── 10.77.0.2 ─┬─ TLS ── relay
//	                                                                 └─ browser
//
// The agent gets to the relay by TLS, since it takes one without to be on its own
// machine, and the technician as well. The browser is on the relay's.
type network struct {
	agents   *namespace
	bridge   *bridge
	listener net.Listener
	folder   string // of what is made here: see programs and certify
	relay    string // its address for the agent
}

func newNetwork(bin string) (_ *network, err error) {
	n := &network{}
	defer func() {
		if err != nil {
			n.close()
		}
	}()
	if err = raise("lo"); err != nil {
		return nil, err
	}
	if n.agents, err = newNamespace(); err != nil {
		return nil, err
	}
	var near *os.File
	if err = n.agents.run(func() (err error) { near, err = openTUN("bench0", nearAddress); return err }); err != nil {
		return nil, err
	}
	far, err := openTUN("bench1", farAddress)
	if err != nil {
		return nil, errors.Join(err, near.Close())
	}
	n.bridge = newBridge(near, far)
	if n.folder, err = os.MkdirTemp("", "bench-link"); err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	return n, n.programs(bin)
}

// certificates is the file of what the agent trusts.
func (n *network) certificates() string { return filepath.Join(n.folder, "certificates.pem") }

// programs fills the folder: the agent's program is a script that enters the agent's
// namespace first.
func (n *network) programs(bin string) error {
	bin, err := stage.Bin(bin)
	if err != nil {
		return err
	}
	script := fmt.Sprintf("#!/bin/sh\nSSL_CERT_FILE=%s exec nsenter --net=%s %s \"$@\"\n",
		n.certificates(), n.agents.path(), filepath.Join(bin, "beside-agent"))
	if err := os.WriteFile(filepath.Join(n.folder, "beside-agent"), []byte(script), 0o755); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	for _, program := range []string{"beside-relay", "beside-viewer"} {
		if err := os.Symlink(filepath.Join(bin, program), filepath.Join(n.folder, program)); err != nil {
			return fmt.Errorf("bench: %w", err)
		}
	}
	return nil
}

// reach lets the agent reach the relay, whose own address is given.
func (n *network) reach(relay string) error {
	address, err := url.Parse(relay)
	if err != nil {
		return fmt.Errorf("bench: the relay's address: %w", err)
	}
	certificate, pem, err := certify(farAddress)
	if err != nil {
		return err
	}
	if err := os.WriteFile(n.certificates(), pem, 0o600); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	n.listener, err = tls.Listen("tcp", net.JoinHostPort(farAddress.String(), "0"), &tls.Config{Certificates: []tls.Certificate{certificate}})
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	n.relay = "https://" + n.listener.Addr().String()
	go serve(n.listener, func() (net.Conn, error) { return net.Dial("tcp", address.Host) })
	return nil
}

// certify makes a certificate for an address that nobody but the agent trusts.
func certify(address net.IP) (tls.Certificate, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("bench: certificate: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{address}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("bench: certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil
}

// serve joins every connection that comes with one that dial makes, until the listener
// is closed.
func serve(l net.Listener, dial func() (net.Conn, error)) {
	for {
		from, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer from.Close()
			to, err := dial()
			if err != nil {
				return // the caller sees its connection closed
			}
			defer to.Close()
			join(from, to)
		}()
	}
}

// join copies both ways until one end has no more to say.
func join(a, b net.Conn) {
	ended := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{a, b}, {b, a}} {
		go func() {
			_, _ = io.Copy(way[0], way[1]) // its end is what matters, not why
			ended <- struct{}{}
		}()
	}
	<-ended
}

func (n *network) close() {
	if n.listener != nil {
		_ = n.listener.Close()
	}
	if n.bridge != nil {
		_ = n.bridge.close()
	}
	if n.agents != nil {
		_ = n.agents.close()
	}
	if n.folder != "" {
		_ = os.RemoveAll(n.folder) // in a temporary folder what is left harms nobody
	}
}
