package bus

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T) *Bus {
	t.Helper()
	b, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestMessagesArriveInOrder(t *testing.T) {
	b := open(t)
	defer b.Close()
	const n = 1000
	got := make(chan Message, n)
	s := Of("aa").Conn("bb")
	if _, err := b.Subscribe(s, func(m Message) { got <- m }); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := b.Publish(s, Message{Kind: "k", From: "f", Data: []byte{byte(i), byte(i >> 8)}}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range n {
		m := <-got
		if m.Kind != "k" || m.From != "f" || int(m.Data[0])|int(m.Data[1])<<8 != i {
			t.Fatalf("message %d: got %+v", i, m)
		}
	}
}

func TestRequestWithoutListener(t *testing.T) {
	b := open(t)
	defer b.Close()
	_, err := b.Request(context.Background(), Of("aa").Code("12345"), Message{Kind: "join"})
	if !errors.Is(err, ErrNobody) {
		t.Fatalf("got %v, want ErrNobody", err)
	}
}

// THREAT 15: the other organisation's listener hears nothing.
func TestOrganisationsDoNotMeet(t *testing.T) {
	b := open(t)
	defer b.Close()
	if _, err := b.Subscribe(Of("aa").Code("12345"), func(m Message) { _ = m.Reply(Message{Kind: "here"}) }); err != nil {
		t.Fatal(err)
	}
	for _, org := range []string{"bb", "*", ">", "", "aa.code.12345", "a a"} {
		if _, err := b.Request(context.Background(), Of(org).Code("12345"), Message{}); !errors.Is(err, ErrNobody) {
			t.Errorf("organisation %q: got %v, want ErrNobody", org, err)
		}
	}
	for _, digits := range []string{"*", ">", "", "1.2"} {
		if _, err := b.Request(context.Background(), Of("aa").Code(digits), Message{}); !errors.Is(err, ErrNobody) {
			t.Errorf("digits %q: got %v, want ErrNobody", digits, err)
		}
	}
	if m, err := b.Request(context.Background(), Of("aa").Code("12345"), Message{}); err != nil || m.Kind != "here" {
		t.Fatalf("own organisation: got %v, %v", m, err)
	}
}

func TestBusRunsOnAVirtualClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := open(t)
		defer b.Close()
		got := make(chan Message, 1)
		s := Of("aa").Conn("bb")
		if _, err := b.Subscribe(s, func(m Message) { got <- m }); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour) // virtual
		if err := b.Publish(s, Message{Kind: "late"}); err != nil {
			t.Fatal(err)
		}
		if m := <-got; m.Kind != "late" {
			t.Fatalf("got %q", m.Kind)
		}
	})
}
