package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"time"

	"connectrpc.com/connect"

	"beside/protocol/wire"
	"beside/protocol/wire/wireconnect"
	"beside/recording"
)

// errRelayRefused means that the relay was reached and gave no recording.
var errRelayRefused = errors.New("refused by the relay")

// remote is a recording on a relay, opened for review. It is a recording.Source.
type remote struct {
	ctx    context.Context // of the one command that this lives for
	client *http.Client
	base   string // of the objects
	token  string
	names  []string
	last   struct { // export reads each segment twice in a row at most
		name string
		data []byte
	}
}

// openRemote opens a recording for review; the relay logs who and why.
func openRemote(ctx context.Context, relay, token, id, reason, ticket string) (*remote, error) {
	u, err := url.Parse(relay)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, usageError{fmt.Errorf("%q is no address of the form https://relay.example", relay)}
	}
	root := strings.TrimSuffix(relay, "/")
	client := &http.Client{
		Timeout:       2 * time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	req := connect.NewRequest(&wire.OpenRecordingRequest{Id: id, Reason: reason, Ticket: ticket})
	req.Header().Set("Authorization", "Bearer "+token)
	resp, err := wireconnect.NewRecordingServiceClient(client, root+"/api/rpc").OpenRecording(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errRelayRefused, err)
	}
	return &remote{
		ctx: ctx, client: client, base: root + "/api/v1/recordings/" + url.PathEscape(id) + "/", token: token,
		names: resp.Msg.GetObjects(),
	}, nil
}

// Get fetches one object.
func (r *remote) Get(name string) ([]byte, error) {
	if r.last.name == name {
		return r.last.data, nil
	}
	req, err := http.NewRequestWithContext(r.ctx, http.MethodGet, r.base+url.PathEscape(name), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+r.token)
	resp, err := r.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errRelayRefused, err)
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return nil, fmt.Errorf("%s: %w", name, fs.ErrNotExist)
	default:
		return nil, fmt.Errorf("%w: %s: %s", errRelayRefused, name, resp.Status)
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, recording.MaxObject+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", errRelayRefused, name, err)
	}
	r.last.name, r.last.data = name, data
	return data, nil
}

// Names lists the objects that are there.
func (r *remote) Names() ([]string, error) { return r.names, nil }
