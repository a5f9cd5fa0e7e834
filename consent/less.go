package consent

// lessTexts is what a question says otherwise where less than everything is shown.
type lessTexts struct {
	Sees string // in the place of the first thing that a yes allows
	Not  string // before the first that it does not
	Yes  string // the button
}

// less reports whether anything is kept back.
func (e Extent) less() bool { return e.Hidden > 0 || e.Shared == OneScreen || e.Shared == OneWindow }

// parts are the names under which notices/ tell of e.
func (e Extent) parts() []string {
	var list []string
	switch e.Shared {
	case OneScreen:
		list = append(list, "oneScreen")
	case OneWindow:
		list = append(list, "oneWindow")
	}
	if e.Hidden > 0 {
		list = append(list, "hidden")
	}
	return list
}

// Showing is the question as it reads where e is what is shown: in the question about the
// screen while the user chooses, in the later ones for what they chose. The text that is
// agreed to says what will be seen, no more and no less (PROMISES A3, E4).
func (q Question) Showing(e Extent) Question {
	was := q.Extent
	q.Extent = e
	if !e.less() && !was.less() {
		return q // as it was written
	}
	caution := q.Text.Caution
	q.Text = noticeOf(q.Scope, q.Party, q.Language, e)
	q.Text.Caution = caution
	return q
}

// limit changes a text of the file to what is said of e.
func (t questionText) limit(e Extent) Text {
	text, told := t.Text, false
	for _, part := range e.parts() {
		l := t.Less[part]
		if l.Sees != "" && len(text.Allows) > 0 && !told {
			text.Allows, told = append([]string{l.Sees}, text.Allows[1:]...), true
		}
		if l.Not != "" {
			text.Not = append([]string{l.Not}, text.Not...)
		}
		if l.Yes != "" {
			text.Yes = l.Yes
		}
	}
	return text
}
