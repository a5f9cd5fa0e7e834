package ui

import (
	"slices"
	"strings"
	"testing"
)

// What is read at once stays on one line. PROMISE A15.
func TestPhrases(t *testing.T) {
	for _, c := range []struct {
		how  func(string) []string
		text string
		want []string
	}{
		{phrases, "電話を待っていた人にだけ伝えてください。", []string{"電話を", "待っていた", "人にだけ", "伝えてください。"}},
		{phrases, "Acme の Ana Pérez さんが、画面を見たい", []string{"Acme の ", "Ana Pérez さんが、", "画面を", "見たい"}},
		{phrases, "「録画を止める」を押してください。", []string{"「録画を", "止める」を", "押してください。"}},
		{phrases, "「はい」と答えるまで（今は）見えません。", []string{"「はい」と", "答えるまで", "（今は）", "見えません。"}},
		{clauses, "Acme的 Ana 请求查看，您的屏幕。", []string{"Acme的 ", "Ana ", "请求查看，", "您的屏幕。"}},
		{clauses, "按“结束”。", []string{"按“结束”。"}},
		{phrases, "", []string{""}},
	} {
		got := c.how(c.text)
		if !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
		if strings.Join(got, "") != c.text {
			t.Errorf("%q: something is lost: %q", c.text, got)
		}
	}
}

// A line of Japanese ends where a phrase does, unless one is longer than a line.
func TestJapaneseLines(t *testing.T) {
	t.Parallel()
	ts := newTypesetter(1)
	ts.speak("ja")
	text := "自分から電話した人、または電話を待っていた人にだけ伝えてください。"
	b := ts.set(text, small, 402)
	if len(b.lines) != 2 || b.w > 402 {
		t.Errorf("%d lines, %.0f wide", len(b.lines), b.w)
	}
	long := strings.Repeat("あ", 100)
	if b := ts.set(long, small, 200); len(b.lines) < 5 || b.w > 201 {
		t.Errorf("a long phrase: %d lines, %.0f wide", len(b.lines), b.w)
	}
}
