package relay

import (
	"context"
	"testing"

	"connectrpc.com/connect"

	"beside/protocol/wire"
	"beside/protocol/wire/wireconnect"
	"beside/relay/internal/auth"
)

// THREAT 28: users are told that an organisation is verified when the operator said so on
// the relay's own machine, and not any more once it calls itself otherwise.
func TestOnlyTheOperatorVerifies(t *testing.T) {
	tr := startRelay(t, nil)
	ctx := context.Background()
	shown := func() bool {
		t.Helper()
		agent, welcome, _ := tr.agent()
		_ = agent.ws.CloseNow()
		return welcome.Organisation.Verified
	}
	verify := func(verified bool) {
		t.Helper()
		m, err := OpenManager(ctx, tr.cfg.Dir)
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		if name, controller, err := m.Verify(ctx, tr.org.ShortName, verified); err != nil || name != tr.org.Name || controller == "" {
			t.Fatalf("got %q, %q, %v", name, controller, err)
		}
	}
	if shown() {
		t.Error("a new organisation is verified")
	}
	verify(true)
	if !shown() {
		t.Error("the operator's word is not shown")
	}
	verify(false)
	if shown() {
		t.Error("the operator cannot take it back")
	}
	admin, _ := tr.user(tr.org, "admin@example.com", auth.All)
	api := wireconnect.NewOrganisationServiceClient(admin, tr.URL()+rpc)
	for _, c := range []struct {
		name   string
		change func(*wire.UpdateOrganisationRequest)
		want   bool
	}{
		{"another retention", func(m *wire.UpdateOrganisationRequest) { m.RecordingDays = 7 }, true},
		{"another name", func(m *wire.UpdateOrganisationRequest) { m.Name = "Your Bank" }, false},
		{"the old name again", func(*wire.UpdateOrganisationRequest) {}, false},
		{"another controller", func(m *wire.UpdateOrganisationRequest) { m.Controller = "Your Bank" }, false},
	} {
		req := &wire.UpdateOrganisationRequest{Name: tr.org.Name, Controller: tr.org.Controller, RecordingDays: 30}
		if c.name != "the old name again" {
			if _, err := api.UpdateOrganisation(ctx, connect.NewRequest(req)); err != nil {
				t.Fatal(err)
			}
			verify(true)
		}
		c.change(req)
		got, err := api.UpdateOrganisation(ctx, connect.NewRequest(req))
		if err != nil || got.Msg.Organisation.Verified != c.want || shown() != c.want {
			t.Errorf("%s: got %v, %v, want verified %v", c.name, got, err, c.want)
		}
	}
}
