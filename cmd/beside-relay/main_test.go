package main

import (
	"bytes"
	"context"
	"database/sql"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// command runs the program in process and returns what it printed.
func command(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	a := app()
	a.Writer, a.ErrWriter = &out, &bytes.Buffer{}
	err := a.RunContext(context.Background(), append([]string{"beside-relay"}, args...))
	return out.String(), err
}

func TestExitCodes(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	exposed := t.TempDir()
	if err := os.WriteFile(filepath.Join(exposed, "relay.key"), make([]byte, 32), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(exposed, "relay.key"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		args []string
		want int
	}{
		{"plain HTTP to others", []string{"serve", "--data", t.TempDir(), "--listen", "0.0.0.0:0"}, exitUsage},
		{"no data folder", []string{"serve"}, exitUsage},
		{"no data folder to link", []string{"link"}, exitUsage},
		{"unknown flag", []string{"serve", "--data", t.TempDir(), "--password", "x"}, exitUsage},
		{"unknown role", []string{"serve", "--data", t.TempDir(), "--first-link-role", "owner"}, exitUsage},
		{"bad TURN network", []string{"serve", "--data", t.TempDir(), "--turn-allow-network", "home"}, exitUsage},
		{"port in use", []string{"serve", "--data", t.TempDir(), "--listen", taken.Addr().String()}, exitPort},
		{"data folder", []string{"serve", "--data", filepath.Join(file, "x"), "--listen", "127.0.0.1:0"}, exitData},
		{"exposed key", []string{"serve", "--data", exposed, "--listen", "127.0.0.1:0"}, exitKeyFile},
		{"token for nobody", []string{"token", "--data", t.TempDir(), "--email", "x@example.com"}, exitNobody},
		{"an organisation without a name", []string{"organisation", "--data", t.TempDir()}, exitUsage},
		{"verify nobody", []string{"organisation", "verify", "--data", t.TempDir(), "acme"}, exitNobody},
		{"verify without a name", []string{"organisation", "verify", "--data", t.TempDir()}, exitUsage},
		{"what organisation does not know", []string{"organisation", "--data", t.TempDir(), "bless", "acme"}, exitUsage},
		{"the audit log of nobody", []string{"audit", "--data", t.TempDir(), "--organisation", "acme"}, exitNobody},
		{"audit logs of none", []string{"audit", "--data", t.TempDir()}, exitOK},
		{"an organisation", []string{"organisation", "--data", t.TempDir(), "--name", "Acme"}, exitOK},
	} {
		if _, err := command(t, c.args...); exitCode(err) != c.want {
			t.Errorf("%s: exit code %d (%v), want %d", c.name, exitCode(err), err, c.want)
		}
	}
}

func TestLinkForANewPerson(t *testing.T) {
	dir := t.TempDir()
	if out, err := command(t, "organisation", "--data", dir, "--name", "Acme IT Support"); err != nil || out != "acme-it-support\n" {
		t.Fatalf("got %q, %v", out, err)
	}
	out, err := command(t, "link", "--data", dir, "--email", "ana@example.com", "--name", "Ana", "--role", "technician,reviewer",
		"--public-url", "https://help.example.com/")
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`^https://help\.example\.com/link#[A-Za-z0-9_-]{43}\n$`).MatchString(out) {
		t.Errorf("printed %q", out)
	}
	if _, err := command(t, "link", "--data", dir, "--email", "not an address"); exitCode(err) != exitUsage {
		t.Errorf("bad address: got %v", err)
	}
}

// THREAT 24: what somebody changes in the database is found on the relay's own machine.
func TestAuditFindsWhatWasChanged(t *testing.T) {
	dir := t.TempDir()
	if _, err := command(t, "organisation", "--data", dir, "--name", "Acme"); err != nil {
		t.Fatal(err)
	}
	if _, err := command(t, "organisation", "verify", "--data", dir, "acme"); err != nil {
		t.Fatal(err)
	}
	said, err := command(t, "audit", "--data", dir, "--list")
	if err != nil || !regexp.MustCompile(`(?s)"actor":"operator","action":"organisation.made"}\n.*organisation.verified.*acme is whole: 2 entries`).MatchString(said) {
		t.Fatalf("%s, %v", said, err)
	}
	for what, change := range map[string]string{
		"an entry":          `UPDATE audit_entries SET data = replace(data, 'verified', 'denied') WHERE number = 1`,
		"a hash":            `UPDATE audit_hashes SET hash = randomblob(32) WHERE number = 1`,
		"an entry is gone":  `DELETE FROM audit_entries WHERE number = 1`,
		"the end is hidden": `UPDATE audit_logs SET size = 1`,
	} {
		fresh := t.TempDir()
		if err := os.CopyFS(fresh, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(fresh, "relay.key"), 0o600); err != nil {
			t.Fatal(err)
		}
		alter(t, filepath.Join(fresh, "beside.db"), change)
		if _, err := command(t, "audit", "--data", fresh); exitCode(err) != exitAudit {
			t.Errorf("%s: got %v", what, err)
		}
	}
}

// alter changes a database as somebody does who can write to the file.
func alter(t *testing.T, file, statements string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(file))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(statements); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
