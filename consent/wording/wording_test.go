package wording

import "testing"

// A value is never read as a placeholder: a technician who is called so gains nothing.
func TestFill(t *testing.T) {
	for _, c := range []struct {
		text  string
		pairs []string
		want  string
	}{
		{"{technician} of {organisation}, {technician}", []string{"technician", "{organisation}", "organisation", "Acme"}, "{organisation} of Acme, {organisation}"},
		{"{a}{b}", []string{"a", "{b", "b", "}"}, "{b}"},
		{"{other} and {name", []string{"name", "Ana"}, "{other} and {name"},
		{"{name}", []string{"name", ""}, ""},
		{"nothing", nil, "nothing"},
	} {
		if got := Fill(c.text, c.pairs...); got != c.want {
			t.Errorf("%q with %q: got %q, want %q", c.text, c.pairs, got, c.want)
		}
	}
}

// Between Chinese or Japanese and other letters stands a space, and between their own none,
// whatever the name is written in.
func TestSpaces(t *testing.T) {
	const who, ask = "{organisation}的 {technician}", "{technician} 请求查看您的屏幕"
	for _, c := range []struct{ text, organisation, technician, want string }{
		{who, "Acme IT Support", "Ana Pérez", "Acme IT Support 的 Ana Pérez"},
		{who, "北京电脑", "王芳", "北京电脑的王芳"},
		{who, "Acme Inc.", "王芳", "Acme Inc. 的王芳"},
		{who, "Office 24", "3M Ana", "Office 24 的 3M Ana"},
		{who, "서울 지원", "김철수", "서울 지원 的 김철수"},
		{ask, "", "Ana Pérez", "Ana Pérez 请求查看您的屏幕"},
		{ask, "", "王芳", "王芳请求查看您的屏幕"},
		{"{organisation} の {technician} さんが", "東京サポート", "山田", "東京サポートの山田さんが"},
		{"{organisation} の {technician} さんが", "Acme", "Ana", "Acme の Ana さんが"},
		{"没有人核实过{organisation}是否", "Acme", "", "没有人核实过 Acme 是否"},
		{"“{technician}”请求，{technician}。", "", "Ana", "“Ana”请求，Ana。"},
		{"{technician} 님이", "", "김철수", "김철수 님이"},
		{"{technician} is asking", "", "王芳", "王芳 is asking"},
		// Numbers keep what the text says: each language has its own way with them.
		{"あと {technician} 有効", "", "14:59", "あと 14:59 有効"},
		{"作られてまだ{technician}日", "", "3", "作られてまだ3日"},
		{"按键 {technician} 次", "", "12,345", "按键 12,345 次"},
		{"还有 {technician} 有效", "", "不到 1 分钟", "还有不到 1 分钟有效"},
	} {
		if got := Fill(c.text, "organisation", c.organisation, "technician", c.technician); got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
}

// French drops a vowel before another, and only there.
func TestElision(t *testing.T) {
	for name, want := range map[string]string{
		"Ana": "Ce qu’Ana voit d’Ana", "Élodie": "Ce qu’Élodie voit d’Élodie", "Kim": "Ce que Kim voit de Kim", "Hervé": "Ce que Hervé voit de Hervé", "王芳": "Ce que 王芳 voit de 王芳",
	} {
		if got := Fill("Ce qu’{name} voit d’{name}", "name", name); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := Fill("D’{name}. Aujourd’hui {name}", "name", "Kim"); got != "De Kim. Aujourd’hui Kim" {
		t.Errorf("got %q", got)
	}
	if got := Fill("It’s {name}’s", "name", "Kim"); got != "It’s Kim’s" {
		t.Errorf("got %q", got)
	}
}
