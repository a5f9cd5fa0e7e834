package relay

import (
	"net/http"

	"connectrpc.com/connect"

	"beside/protocol/wire/wireconnect"
	"beside/relay/internal/auth"
)

// originRule says what a route wants of the Origin header.
type originRule uint8

const (
	originOwn     originRule = iota // our own pages, or an API token
	originFetched                   // the same, and a GET by our own pages, which has no Origin
	originNone                      // no Origin at all: no browser has business here
	originAny                       // not looked at: nothing secret, nothing changes
)

// route is one row of the table: who may use what.
type route struct {
	method, path string
	// roles: the caller must have one of them. Zero means that nobody is signed in
	// here; such routes are listed by name in a test.
	roles  auth.Roles
	origin originRule
	serve  http.Handler
}

const rpc = "/api/rpc"

// routes is the table of everything that the relay serves, apart from the web
// application, which holds no data.
func (r *Relay) routes() []route {
	const (
		anyone     = auth.Roles(0)
		technician = auth.Technician
		reviewer   = auth.Reviewer
		admin      = auth.Admin
		signedIn   = auth.All
	)
	api := r.procedures()
	do := func(procedure string, roles auth.Roles) route {
		return route{"POST", rpc + procedure, roles, originOwn, api}
	}
	get := func(path string, roles auth.Roles, origin originRule, f http.HandlerFunc) route {
		return route{"GET", path, roles, origin, f}
	}
	return []route{
		do(wireconnect.AccountServiceSignInProcedure, anyone),
		do(wireconnect.AccountServiceInspectLinkProcedure, anyone),
		do(wireconnect.AccountServiceRedeemLinkProcedure, anyone),
		do(wireconnect.AccountServiceSignOutProcedure, signedIn),
		do(wireconnect.AccountServiceWhoAmIProcedure, signedIn),

		do(wireconnect.PeopleServiceListPeopleProcedure, admin),
		do(wireconnect.PeopleServiceInvitePersonProcedure, admin),
		do(wireconnect.PeopleServiceSetRolesProcedure, admin),
		do(wireconnect.PeopleServiceRemovePersonProcedure, admin),

		do(wireconnect.OrganisationServiceGetOrganisationProcedure, signedIn),
		do(wireconnect.OrganisationServiceUpdateOrganisationProcedure, admin),
		do(wireconnect.OrganisationServiceGetRecordingIdentityProcedure, reviewer),
		do(wireconnect.OrganisationServiceSetRecordingIdentityProcedure, reviewer),

		do(wireconnect.SessionServiceListSessionsProcedure, signedIn),

		do(wireconnect.RecordingServiceListRecordingsProcedure, reviewer),
		do(wireconnect.RecordingServiceOpenRecordingProcedure, reviewer),
		get("/api/v1/recordings/{id}/{object}", reviewer, originFetched, r.serveObject),

		get("/api/v1/session", technician, originOwn, r.serveViewer),

		// Agents have no account. The code, and for uploads the session's token, is
		// what they have.
		get("/agent/v1/connect", anyone, originNone, r.serveAgent),
		{"PUT", "/agent/v1/recordings/{id}/{object}", anyone, originNone, http.HandlerFunc(r.ingest)},

		{"DELETE", "/agent/v1/recordings/{id}", anyone, originNone, http.HandlerFunc(r.erase)},
		{"PUT", "/agent/v1/feedback", anyone, originNone, http.HandlerFunc(r.takeFeedback)},

		// Who checks a receipt has no account either, and may be anybody. The log's name is
		// a random id of 128 bits that stands in receipts alone; what it gives are hashes.
		get("/api/v1/audit/{id}", anyone, originAny, r.serveCheckpoint),

		get("/healthz", anyone, originAny, serveHealth),
		get("/readyz", anyone, originAny, r.serveReady),
		get("/metrics", anyone, originNone, r.serveMetrics().ServeHTTP),
	}
}

// maxRequest bounds the body of an API request, maxUpload a recording object.
const (
	maxRequest = 64 << 10
	maxUpload  = 8 << 20
)

// procedures is the handler of every Connect procedure.
func (r *Relay) procedures() http.Handler {
	mux := http.NewServeMux()
	opts := []connect.HandlerOption{connect.WithReadMaxBytes(maxRequest), connect.WithCompression("gzip", nil, nil)}
	mux.Handle(wireconnect.NewAccountServiceHandler(accountAPI{r}, opts...))
	mux.Handle(wireconnect.NewPeopleServiceHandler(peopleAPI{r}, opts...))
	mux.Handle(wireconnect.NewOrganisationServiceHandler(organisationAPI{r}, opts...))
	mux.Handle(wireconnect.NewSessionServiceHandler(sessionAPI{r}, opts...))
	mux.Handle(wireconnect.NewRecordingServiceHandler(recordingAPI{r}, opts...))
	return http.StripPrefix(rpc, mux)
}

// handler is the whole web server.
func (r *Relay) handler() http.Handler {
	mux := http.NewServeMux()
	for _, rt := range r.routes() {
		limit := int64(maxRequest)
		if rt.method == http.MethodPut {
			limit = maxUpload
		}
		mux.Handle(rt.method+" "+rt.path, http.MaxBytesHandler(r.guard(rt), limit))
	}
	unknown := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeError(w, http.StatusNotFound, "not_found", "there is nothing at this address")
	})
	mux.Handle("/api/", unknown)
	mux.Handle("/agent/", unknown)
	mux.Handle("/", r.web())
	return r.count(r.headers(plainPath(mux)))
}

// web serves the application, always under the relay's one address: cookies and
// origins are bound to it.
func (r *Relay) web() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		switch {
		case req.Method != http.MethodGet && req.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			writeError(w, http.StatusMethodNotAllowed, "unimplemented", "this address can only be read")
		case r.loopbackAlias(req.Host):
			http.Redirect(w, req, r.url+req.URL.RequestURI(), http.StatusTemporaryRedirect)
		case r.cfg.Web == nil:
			writeText(w, http.StatusNotFound, "this relay was built without the web application\n")
		default:
			r.cfg.Web.ServeHTTP(w, req)
		}
	})
}
