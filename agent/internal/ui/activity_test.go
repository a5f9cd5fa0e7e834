package ui

import (
	"fmt"
	"testing"
	"time"
)

// PROMISE A4: the user opens the list from the bar, sees the newest at its end, goes back
// with the keys, and closes it.
func TestActivityList(t *testing.T) {
	s, me := desk(t)
	c := s.client(t)
	u := running(t, s)
	b, _, _ := shownBar(t, u)
	defer b.Hide()
	at := targetAt(u.loop.bar.p, barActivity)
	me.click(at)
	select {
	case a := <-u.Actions():
		if a != OpenActivity {
			t.Fatalf("action %d", a)
		}
	case <-time.After(60 * time.Second):
		t.Fatal("the sign on the bar does nothing")
	}
	v := ActivityView{Technician: "Ana Pérez"}
	u.UpdateActivity(v) // closed: nothing
	inLoop(t, u, func() {
		if u.loop.activity != nil {
			t.Error("the list opened by itself")
		}
	})
	for i := range 40 {
		v.Lines = append(v.Lines, ActivityLine{time.Now(), fmt.Sprintf("Read your clipboard: %d characters", i)})
	}
	v.Lines = append(v.Lines, ActivityLine{time.Now(), "Sent you the file quarterly report with a rather long name.pdf, 2.0 MB"})
	u.ShowActivity(v)
	until(t, u, "the list", func() bool { return u.loop.activity != nil && drawn(u.loop.activity.p) })
	c.keep("activity")
	inLoop(t, u, func() {
		w := u.loop.activity
		w.keyed(keyPageUp, time.Now())
		if w.back != activityLines-40 {
			t.Errorf("went back %v", w.back)
		}
		w.scroll(1e6)
		if w.back != w.tall-activityLines || w.tall <= activityLines {
			t.Errorf("the end of the list is at %v of %v", w.back, w.tall)
		}
		w.scroll(-1e6)
		if w.back != 0 {
			t.Errorf("back at %v", w.back)
		}
		w.p.key(keyEscape, 0, time.Now())
		if u.loop.activity != nil {
			t.Error("Escape does not close it")
		}
	})
	u.HideActivity()
}
