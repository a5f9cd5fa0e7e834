package main

import "slices"

// row is a promise or a threat that must have tests, in a few words.
type row struct{ id, says string }

// rowList are the rows that must be shown: a list of its own, so that a row whose last
// test went away is missed. Rows of the user's side come with every release.
func rowList() []row {
	return []row{
		{"PROMISE A1", "nothing leaves and nothing enters before the user's yes; nothing else answers"},
		{"PROMISE A2", "seeing and controlling are two questions, each with its reason"},
		{"PROMISE A3", "one monitor or one window can be shown; each further scope is asked when wanted"},
		{"PROMISE A4", "control waits for an absent user; a list in plain words of what was done"},
		{"PROMISE A5", "Pause, Stop control and End act at once, by button, key and tray"},
		{"PROMISE A6", "the chat says how long it is kept, and is in the receipt"},
		{"PROMISE A7", "voice is its own scope, and no recording has it"},
		{"PROMISE A8", "a secret is typed unseen; the chat warns of what looks like one"},
		{"PROMISE A9", "files are neither lost nor replaced"},
		{"PROMISE A10", "controller and processor are named"},
		{"PROMISE A11", "a recording opens for a reviewer with a reason, and that is written down"},
		{"PROMISE A12", "recordings are sealed before they leave the machine"},
		{"PROMISE A13", "the storage region is shown"},
		{"PROMISE A14", "the date of deletion is shown, and kept"},
		{"PROMISE A15", "seven languages; the record holds the very text that was shown"},
		{"PROMISE B1", "a notice wherever data is asked for"},
		{"PROMISE B2", "a minimal log of connections, no addresses, listed for the user"},
		{"PROMISE B4", "texts are versioned and hashed; a changed one asks again"},
		{"PROMISE C1", "no more than necessary: nothing from elsewhere, nothing to elsewhere"},
		{"PROMISE C2", "an organisation sees its own alone"},
		{"PROMISE D1", "chat, rating and comment"},
		{"PROMISE D2", "the key is destroyed first, and on time"},
		{"PROMISE D5", "the user needs no account"},
		{"PROMISE E1", "recording is a question of its own, and shown while it runs"},
		{"PROMISE E2", "the user has the same recording, and can open it"},
		{"PROMISE E3", "one file, nothing installed, nothing left behind; the code runs out"},
		{"PROMISE E4", "what is not shared is not seen"},
		{"PROMISE E6", "taking back stops at that very frame; what there is can be erased"},
		{"PROMISE E9", "one plain film to take away"},
		{"THREAT 1", "somebody presses for the user"},
		{"THREAT 2", "seeing grows silently into control, recording or files"},
		{"THREAT 3", "the bar is hidden, covered or killed"},
		{"THREAT 4", "something leaves or arrives after it was taken back"},
		{"THREAT 5", "fingerprints are swapped on the way"},
		{"THREAT 6", "a changed page is served"},
		{"THREAT 7", "codes are guessed"},
		{"THREAT 8", "something is sent twice"},
		{"THREAT 9", "TURN as an open relay"},
		{"THREAT 10", "another page uses ours"},
		{"THREAT 11", "names and words that act"},
		{"THREAT 12", "file names that lead elsewhere"},
		{"THREAT 13", "set-up is run again"},
		{"THREAT 14", "default secrets"},
		{"THREAT 15", "reading across organisations"},
		{"THREAT 16", "stolen recordings"},
		{"THREAT 17", "keys in logs and recordings"},
		{"THREAT 18", "floods"},
		{"THREAT 19", "decompression bombs"},
		{"THREAT 20", "the user's machine attacks the technician's browser"},
		{"THREAT 22", "secrets at rest"},
		{"THREAT 23", "passwords are guessed"},
		{"THREAT 24", "the audit log is changed, cut or forked"},
		{"THREAT 25", "clocks are wrong"},
		{"THREAT 26", "weak transport"},
		{"THREAT 28", "social engineering"},
		{"THREAT 29", "something is left behind"},
		{"THREAT 30", "recordings are withheld or forged"},
	}
}

// says is a row in words; empty when it is not on the list.
func says(list []row, id string) string {
	if i := slices.IndexFunc(list, func(r row) bool { return r.id == id }); i >= 0 {
		return list[i].says
	}
	return ""
}
