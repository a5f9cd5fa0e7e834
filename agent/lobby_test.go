package agent

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"beside/agent/internal/catalogue"
	"beside/agent/internal/ui"
	"beside/protocol"
	"beside/protocol/wire"
)

func TestTheRightCodeBringsAnAgreedKey(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		code := h.locator("12345")
		if v := h.screen.last(); v.Organisation != "Acme IT Support" || !v.Verified || v.Controller != "Acme" {
			t.Errorf("the start window shows %+v", v)
		}
		if !strings.Contains(h.code.String(), code.Display()) {
			t.Errorf("the terminal was told %q", h.code)
		}
		h.joined()
		shake := h.prove(code)
		<-h.done
		if h.err != nil {
			t.Fatal(h.err)
		}
		confirm := h.peerFrame().GetConfirm()
		if _, err := shake.Verify(confirm); err != nil {
			t.Fatalf("the agent's proof: %v", err)
		}
		theirs, err := shake.Sealer()
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := h.agreed.sealer.Seal([]byte("hello"))
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := theirs.Open(sealed); err != nil || string(plain) != "hello" {
			t.Errorf("opened %q, %v", plain, err)
		}
		if h.screen.hidden != 1 {
			t.Error("the start window stayed beside the session")
		}
		wantNoCodeInLog(t, h, code)
	})
}

// wantNoCodeInLog checks that a code is nowhere in the log.
func wantNoCodeInLog(t *testing.T, h *hall, code protocol.Code) {
	t.Helper()
	log := strings.NewReplacer(" ", "", "-", "").Replace(h.log.String())
	if digits := strings.ReplaceAll(code.Display(), " ", ""); strings.Contains(log, digits) || strings.Contains(log, digits[5:11]) {
		t.Errorf("the code is in the log: %s", h.log)
	}
}

// THREAT 5, THREAT 7
func TestAWrongSecretBurnsTheCode(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		code := h.locator("12345")
		h.joined()
		h.prove(otherSecret(t, code))
		frames := h.sent()
		if len(frames) != 2 {
			t.Fatalf("sent %v, want the failure and the wish for a new code", frames)
		}
		failed, err := protocol.DecodePeerFrame(frames[0].GetForward())
		if err != nil || failed.GetFailed().GetWhy() != wire.HandshakeFailed_WHY_WRONG_SECRET {
			t.Errorf("the technician is told %v, %v", failed, err)
		}
		if why := frames[1].GetNewCode().GetWhy(); why != wire.NewCode_WHY_BURNT {
			t.Errorf("the relay is told %v", why)
		}
		if shown := h.screen.last().Code; shown != "" {
			t.Errorf("the burnt code %s is still shown", shown)
		}
		h.wantProblem("Ana Pérez typed a wrong number. Nothing was shown.")

		// The right secret comes too late.
		h.late(code)

		next := h.locator("54321")
		if next.Secret == code.Secret {
			t.Error("the new code has the old secret")
		}
		h.wantProblem("Ana Pérez typed a wrong number. Nothing was shown.") // stays until it is read
		wantNoCodeInLog(t, h, code)
		wantNoCodeInLog(t, h, next)
	})
}

// late sends a share for a code that is burnt; nothing may answer it.
func (h *hall) late(code protocol.Code) {
	h.t.Helper()
	share, err := viewerShake(h.t, code).Start()
	if err != nil {
		h.t.Fatal(err)
	}
	h.forward(&wire.PeerFrame{Kind: &wire.PeerFrame_Share{Share: share}})
	if frames := h.sent(); len(frames) != 0 {
		h.t.Errorf("a burnt code was answered with %v", frames)
	}
}

// A page of another version burns the code too, and is told why.
func TestAnotherVersionIsSaid(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		code := h.locator("12345")
		h.joined()
		share, err := viewerShakeOf(t, code, protocol.Version+1).Start()
		if err != nil {
			t.Fatal(err)
		}
		h.sent()
		h.forward(&wire.PeerFrame{Kind: &wire.PeerFrame_Share{Share: share}})
		if why := h.peerFrame().GetFailed().GetWhy(); why != wire.HandshakeFailed_WHY_VERSION {
			t.Errorf("the technician is told %v", why)
		}
		if shown := h.screen.last().Code; shown != "" {
			t.Errorf("the burnt code %s is still shown", shown)
		}
	})
}

// THREAT 5: whatever is wrong with the handshake, there is no second try.
func TestAnythingWrongWithTheHandshakeBurnsTheCode(t *testing.T) {
	for name, do := range map[string]func(*hall){
		"not a frame": func(h *hall) {
			h.receive(&wire.RelayToAgent{Kind: &wire.RelayToAgent_Forward{Forward: []byte{0xff, 0xff}}})
		},
		"proof before a share": func(h *hall) {
			h.forward(&wire.PeerFrame{Kind: &wire.PeerFrame_Confirm{Confirm: &wire.Confirm{Tag: make([]byte, 64)}}})
		},
		"sealed before a key": func(h *hall) {
			h.forward(&wire.PeerFrame{Kind: &wire.PeerFrame_Sealed{Sealed: &wire.Sealed{Counter: 1, Ciphertext: make([]byte, 32)}}})
		},
		"the technician's side failed": func(h *hall) {
			h.forward(&wire.PeerFrame{Kind: &wire.PeerFrame_Failed{Failed: &wire.HandshakeFailed{Why: wire.HandshakeFailed_WHY_MALFORMED}}})
		},
		"a point that is none": func(h *hall) {
			h.forward(&wire.PeerFrame{Kind: &wire.PeerFrame_Share{Share: &wire.Share{Point: bytes.Repeat([]byte{0xff}, 32), AssociatedData: []byte{8, 1}}}})
		},
		"the locator redeemed twice": func(h *hall) { h.joined() },
	} {
		t.Run(name, func(t *testing.T) {
			inHall(t, func(t *testing.T, h *hall) {
				h.locator("12345")
				h.joined()
				do(h)
				if why := h.sentWhy(); why != wire.NewCode_WHY_BURNT {
					t.Errorf("the relay is told %v, want burnt", why)
				}
				h.wantProblem("could not be made safe. Nothing was shown. Here is a new number.")
				if h.screen.last().Code != "" {
					t.Error("the burnt code is still shown")
				}
			})
		})
	}
}

func TestACodeRunsOutAfterFifteenMinutes(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		h.locator("12345")
		time.Sleep(codeLife - time.Second) // virtual
		synctest.Wait()
		if frames := h.sent(); len(frames) != 0 || h.screen.last().Code == "" {
			t.Fatalf("after 14:59 the code is %q, sent %v", h.screen.last().Code, frames)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if why := h.sentWhy(); why != wire.NewCode_WHY_EXPIRED {
			t.Errorf("the relay is told %v", why)
		}
		h.wantProblem("The last number ran out after 15 minutes. Here is a new one.")
		h.locator("54321")
		h.wantProblem("The last number ran out")
	})
}

// THREAT 25: the user's clock may be wrong by hours.
func TestAWrongClockDoesNotTakeTheCodeAway(t *testing.T) {
	for _, off := range []time.Duration{-3 * time.Hour, 3 * time.Hour} {
		inHall(t, func(t *testing.T, h *hall) {
			h.receive(&wire.RelayToAgent{Kind: &wire.RelayToAgent_Locator{Locator: &wire.Locator{
				Digits: "12345", Expires: timestamppb.New(time.Now().Add(codeLife + off)),
			}}})
			time.Sleep(codeLife - time.Second) // virtual
			synctest.Wait()
			if frames := h.sent(); len(frames) != 0 || h.screen.last().Code == "" {
				t.Errorf("clock off by %v: the code is %q, sent %v", off, h.screen.last().Code, frames)
			}
		})
	}
}

// THREAT 7: a technician who stops in the middle does not hold the code.
func TestAStalledHandshakeIsGivenUp(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		h.locator("12345")
		h.joined()
		time.Sleep(handshakeTime) // virtual
		synctest.Wait()
		if why := h.sentWhy(); why != wire.NewCode_WHY_USER {
			t.Errorf("the relay is told %v", why)
		}
		h.wantProblem(catalogue.For("en").Lobby.Left)
	})
}

func TestATechnicianWhoLeavesIsTold(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		left := &wire.RelayToAgent{Kind: &wire.RelayToAgent_Left{Left: &wire.PeerLeft{Why: wire.PeerLeft_WHY_GONE}}}
		code := h.locator("12345")
		h.receive(left) // nobody was there
		if got := h.screen.last(); got.Code == "" || len(h.sent()) != 0 {
			t.Errorf("the code %v was given up for nobody", code.Locator)
		}
		h.joined()
		h.receive(left)
		h.sentWhy()
		h.wantProblem(catalogue.For("en").Lobby.Left)
	})
}

func TestTheUserAsksForANewNumber(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		h.locator("12345")
		h.screen.actions <- ui.NewCode
		synctest.Wait()
		if why := h.sentWhy(); why != wire.NewCode_WHY_USER || h.screen.last().Code != "" {
			t.Errorf("told %v, shown %q", why, h.screen.last().Code)
		}
		h.joined() // crossed with the wish: that code is gone
		if h.lobby.run != nil {
			t.Error("a technician was let in by a code that was given up")
		}
		h.screen.actions <- ui.Quit
		<-h.done
		if !errors.Is(h.err, errClosed) {
			t.Errorf("closing the window: %v", h.err)
		}
	})
}

func TestALostRelayTakesTheCodeAwayAndComesBack(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		h.locator("12345")
		h.hear(linkEvent{lost: errors.New("cut")})
		if h.screen.last().Code != "" {
			t.Error("a code is shown that nobody can use")
		}
		h.wantProblem(catalogue.For("en").Lobby.Offline)
		h.hear(linkEvent{lost: errors.New("refused")})
		h.hear(linkEvent{up: true})
		h.welcome()
		h.locator("54321")
		h.wantProblem("")
	})
}

// A refusal stays on the screen although the relay closes the connection after it.
func TestRefusalsOfTheRelayAreWords(t *testing.T) {
	for code, want := range map[wire.RelayError_Code]string{
		wire.RelayError_CODE_VERSION:      "This program is too old or too new for the help desk. Ask them for the current one.",
		wire.RelayError_CODE_ORGANISATION: "The help desk that this program was made for is not known. Ask them for a new one.",
		wire.RelayError_CODE_TOO_MANY:     "Too many numbers were asked for. This window tries again by itself.",
		wire.RelayError_CODE_UNAVAILABLE:  "The help desk is busy or being restarted. This window keeps trying.",
		wire.RelayError_CODE_BAD_FRAME:    "The help desk did not accept this program. This window tries again by itself.",
	} {
		t.Run(code.String(), func(t *testing.T) {
			inHall(t, func(t *testing.T, h *hall) {
				h.receive(&wire.RelayToAgent{Kind: &wire.RelayToAgent_Error{Error: &wire.RelayError{Code: code}}})
				h.wantProblem(want)
				h.hear(linkEvent{lost: errors.New("closed")})
				h.wantProblem(want)
				h.hear(linkEvent{up: true})
				h.welcome()
				h.locator("12345")
				h.wantProblem("") // it was accepted after all
				h.hear(linkEvent{lost: errors.New("cut")})
				h.wantProblem(catalogue.For("en").Lobby.Offline)
			})
		})
	}
	inHall(t, func(t *testing.T, h *hall) {
		h.receive(&wire.RelayToAgent{Kind: &wire.RelayToAgent_Error{Error: &wire.RelayError{Code: wire.RelayError_CODE_RESUME}}})
		h.wantProblem("") // the next connection starts afresh; nobody need know
	})
}

func TestALocatorThatIsNoneEndsTheLobby(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		h.receive(&wire.RelayToAgent{Kind: &wire.RelayToAgent_Locator{Locator: &wire.Locator{Digits: "1234"}}})
		<-h.done
		if h.err == nil {
			t.Error("a locator of four digits was taken")
		}
	})
}

// THREAT 18: a relay that stops reading in the middle of a handshake costs a number, and not
// the program.
func TestARelayThatTakesNothingEndsNoProgram(t *testing.T) {
	inHall(t, func(t *testing.T, h *hall) {
		code := h.locator("12345")
		h.joined()
		for h.lobby.link.send(&wire.AgentFrame{Kind: &wire.AgentFrame_Ice{Ice: &wire.IceRequest{}}}) {
		}
		share, err := viewerShake(t, code).Start()
		if err != nil {
			t.Fatal(err)
		}
		h.forward(&wire.PeerFrame{Kind: &wire.PeerFrame_Share{Share: share}})
		select {
		case <-h.done:
			t.Fatalf("the program ended: %v", h.err)
		default:
		}
		h.wantProblem("cannot be reached")
		if h.screen.last().Code != "" {
			t.Error("the number is still shown")
		}
		h.sent() // the relay reads again
		h.locator("23456")
		h.wantProblem("")
	})
}
