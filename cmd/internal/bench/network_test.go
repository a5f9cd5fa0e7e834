package main

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

func TestTheAgentsRelayHasACertificateForItsAddressAlone(t *testing.T) {
	certificate, pem, err := certify(farAddress)
	if err != nil {
		t.Fatal(err)
	}
	trusted := x509.NewCertPool()
	if !trusted.AppendCertsFromPEM(pem) {
		t.Fatal("the file of certificates has none")
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go serve(listener, func() (net.Conn, error) { return echo(), nil })
	for name, want := range map[string]bool{farAddress.String(): true, nearAddress.String(): false} {
		dialer := &net.Dialer{Timeout: 10 * time.Second}
		conn, err := tls.DialWithDialer(dialer, "tcp", listener.Addr().String(), &tls.Config{RootCAs: trusted, ServerName: name})
		if (err == nil) != want {
			t.Errorf("as %s: %v", name, err)
		}
		if err != nil {
			continue
		}
		hears(t, conn, "through the relay's door")
		conn.Close()
	}
}

// hears says something and wants to hear it back.
func hears(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.Copy(conn, strings.NewReader(text)); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, len(text))
	if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != text {
		t.Errorf("heard %q, %v; want %q", answer, err, text)
	}
}

// echo is a connection that says what it hears.
func echo() net.Conn {
	near, far := net.Pipe()
	go func() {
		_, _ = io.Copy(far, far) // until near is closed
		far.Close()
	}()
	return near
}
