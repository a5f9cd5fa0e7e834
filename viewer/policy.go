package viewer

import (
	_ "embed"
	"net/http"
	"strings"
)

// policyText holds the content security policy, one directive a line; the browser
// tests of web/ read the same file.
//
//go:embed policy.txt
var policyText string

// ContentSecurityPolicy is the policy the application is served with.
func ContentSecurityPolicy() string {
	return strings.Join(strings.Split(strings.TrimSpace(policyText), "\n"), "; ")
}

// permissions turns off every device and feature that the application never uses. The
// microphone is the live session's, on the one page that every address is served with;
// it asks for it only after the user has said yes to voice.
const permissions = "accelerometer=(), autoplay=(self), camera=(), clipboard-read=(self), clipboard-write=(self), " +
	"display-capture=(), fullscreen=(self), geolocation=(), gyroscope=(), magnetometer=(), microphone=(self), " +
	"midi=(), payment=(), usb=()"

// setPolicy writes the headers that every answer carries, errors too.
func setPolicy(h http.Header) {
	h.Set("Content-Security-Policy", ContentSecurityPolicy())
	// Both together isolate the page, which may then share memory with its worker.
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Embedder-Policy", "require-corp")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", permissions)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
}
