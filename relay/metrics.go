package relay

import (
	"net"
	"net/http"
	"net/netip"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are numbers about the relay as a whole. No label names an organisation, a
// person, a session or an address.
type metrics struct {
	registry *prometheus.Registry

	agentsNow, viewersNow, sessionsNow prometheus.Gauge

	sessions prometheus.Counter
	joins    *prometheus.CounterVec // outcome: joined, unknown, limited
	signIns  *prometheus.CounterVec // outcome: ok, wrong, limited
	uploads  prometheus.Counter
	uploaded prometheus.Counter
	answers  *prometheus.CounterVec // class: 2xx to 5xx
}

func newMetrics(allocations func() int) *metrics {
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Namespace: "beside", Name: name, Help: help})
	}
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Namespace: "beside", Name: name, Help: help})
	}
	vec := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: "beside", Name: name, Help: help}, []string{label})
	}
	m := &metrics{
		registry:    prometheus.NewRegistry(),
		agentsNow:   gauge("agents", "Agents connected now."),
		viewersNow:  gauge("viewers", "Viewers connected now."),
		sessionsNow: gauge("sessions", "Sessions live now."),
		sessions:    counter("sessions_started_total", "Sessions started."),
		joins:       vec("code_tries_total", "Codes typed, by outcome.", "outcome"),
		signIns:     vec("sign_ins_total", "Password sign-ins, by outcome.", "outcome"),
		uploads:     counter("recording_objects_total", "Recording objects stored."),
		uploaded:    counter("recording_bytes_total", "Bytes of recording objects stored."),
		answers:     vec("http_answers_total", "HTTP answers, by class of status.", "class"),
	}
	turn := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Namespace: "beside", Name: "turn_allocations", Help: "TURN allocations now.",
	}, func() float64 { return float64(allocations()) })
	m.registry.MustRegister(
		m.agentsNow, m.viewersNow, m.sessionsNow, m.sessions, m.joins, m.signIns, m.uploads, m.uploaded, m.answers, turn,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	)
	return m
}

// serveMetrics shows the numbers to loopback, or to who has the token. A request that a
// proxy passed on is not from loopback, whatever its address.
func (r *Relay) serveMetrics() http.Handler {
	next := promhttp.HandlerFor(r.met.registry, promhttp.HandlerOpts{})
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !r.mayReadMetrics(req) {
			writeError(w, http.StatusForbidden, "permission_denied",
				"metrics are shown on the relay's own machine only; start it with --metrics-token-file to read them from elsewhere")
			return
		}
		next.ServeHTTP(w, req)
	})
}

func (r *Relay) mayReadMetrics(req *http.Request) bool {
	if !r.scrape.Empty() {
		return sameSecret(bearer(req), r.scrape)
	}
	for _, h := range []string{"X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via"} {
		if req.Header.Get(h) != "" {
			return false
		}
	}
	host, _, err := net.SplitHostPort(req.RemoteAddr)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// serveHealth says that the process runs.
func serveHealth(w http.ResponseWriter, _ *http.Request) { writeText(w, http.StatusOK, "ok\n") }

// serveReady says whether the relay can do its work.
func (r *Relay) serveReady(w http.ResponseWriter, req *http.Request) {
	if err := r.store.Ping(req.Context()); err != nil || r.ctx.Err() != nil {
		writeText(w, http.StatusServiceUnavailable, "not ready\n")
		return
	}
	writeText(w, http.StatusOK, "ready\n")
}
