// Package consent is the heart of Beside: what may happen, and who said so.
//
// Begin with Gate. It is the only maker of grants, and it makes one only when a person
// pressed Yes in a question that this session asked, while the bar was on the screen:
//
//	AskView ─► Prompter.Ask ─► Yes ─► bar visible? ─► *ViewGrant ─► capture.Open(grant)
//	   │            │                     │
//	   └─ no bar ─┐ └─ no, silence, ──┐   └─ no ─┐
//	              ▼   error, panic    ▼          ▼
//	             no                  no         no
//
// What needs consent cannot be constructed without the matching grant, and every
// effect runs inside it: grant.Use. When Withdraw or End returns, nothing is in
// progress and nothing can start. The rules themselves are a pure state machine
// (machine.go, drawn there); every question, answer, withdrawal and expiry becomes a
// signed record (record.go), chained by hash, in a Receipt that stays with the user.
//
// There is no way in from outside: no flag, variable, setting or message answers. A
// grant that is nil or zero is "no". docs/consent.md tells the whole story.
package consent
