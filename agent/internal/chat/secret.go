package chat

import (
	"regexp"
	"strings"
)

// Secret is what a text looks like.
type Secret uint8

// What a text can look like.
const (
	Harmless Secret = iota
	Password
	Card
	Code // a one-time code, or a PIN
)

// Looks says whether a text looks like it held a secret. It reads the text as a person
// glancing at it would: what stands behind the word for a password, what can be nothing
// else, numbers of cards, and short numbers that are all of the message or stand behind the
// word for a code. It knows the words of the seven languages. The same rules stand in
// viewer/web/src/session/secret.ts; both read protocol/testdata/chat.json. PROMISE A8.
func Looks(text string) Secret {
	lower := strings.ToLower(text)
	switch {
	case holdsCard(text):
		return Card
	case holdsCode(strings.TrimSpace(text), lower):
		return Code
	case namesPassword(text):
		return Password
	}
	words := strings.Fields(text)
	for _, word := range words {
		if isPassword(word, len(words) == 1) {
			return Password
		}
	}
	return Harmless
}

// AsksSecret says whether a text seems to ask for a password, a card number or a code:
// it names one, and asks. Texts that warn of telling one are let off where that is plain.
func AsksSecret(text string) bool {
	lower := strings.ToLower(text)
	return secretNoun.MatchString(lower) && asking.MatchString(warning.ReplaceAllString(lower, " "))
}

// The words of the seven languages. Go and browsers know the edges of ASCII words alone, so
// no edge is asked for where a word begins or ends with another letter.
var (
	passwordNoun = `pass ?words?|pass ?phrase|\bpasscode|\bpasswd|\bpwd\b|\bpw\b|passwort|kennwort|mot de passe|\bmdp\b|contraseña|contrasena|\bclave\b|` +
		`비밀번호|패스워드|암호|비번|密码|密碼|口令|パスワード|暗証番号`
	codeNoun = `\bpin\b|\botp\b|\btan\b|(?:one[- ]time|verification|security|login|sms|2fa|confirmation|authenticator) ?(?:pass)?code|` +
		`\bthe code\b|\bmy code\b|sicherheitscode|bestätigungscode|einmalcode|\bder code\b|\bmein code\b|` +
		`code (?:pin|secret|de sécurité|de vérification|de confirmation|reçu)|\ble code\b|\bmon code\b|` +
		`código (?:pin|de verificación|de seguridad|de confirmación)|\bel código|\bmi código|` +
		`인증 ?번호|인증 ?코드|보안 ?코드|핀 ?번호|验证码|校验码|驗證碼|安全码|動態碼|认证コード|認証コード|認証番号|確認コード|暗証番号|セキュリティコード`
	cardNoun = `\bcvv\b|\bcvc\b|card number|kartennummer|prüfnummer|numéro de (?:la )?carte|cryptogramme|número de (?:la )?tarjeta|카드 ?번호|卡号|卡號|カード番号`

	secretNoun = regexp.MustCompile(passwordNoun + "|" + codeNoun + "|" + cardNoun)
	asking     = regexp.MustCompile(`[?？¿]|\b(?:tell|give|send|type|enter|write|share|read|need|provide|what|let me have)\b|` +
		`\b(?:sagen?|geben?|gib|schick\w*|senden?|sende|nennen?|eingeben|tipp\w*|schreib\w*|brauche\w*|teilen|mitteilen|lautet)\b|` +
		`\b(?:dites|dis|donne\w*|envoye\w*|envoie|tape\w*|saisi\w*|communique\w*|besoin|quel)\b|écrive\w*|` +
		`\b(?:diga\w*|dime|dame|deme|escrib\w*|introduzca|introduce|necesit\w*|mande|mándeme)\b|dígame|env[ií]e|envía|déme|` +
		`알려|말씀|말해|보내|입력|적어|주세요|불러|무엇|뭐|告诉|告訴|发给|发送|發送|输入|輸入|提供|说一下|给我|給我|需要|多少|什么|` +
		`教えて|送って|入力|書いて|お知らせ|ください|下さい|何です|必要`)
	warning = regexp.MustCompile(`\b(?:never|don't|don’t|do not|not) (?:ever )?(?:tell|give|send|type|enter|write|share|read|need|provide)\b`)

	// said is what may stand between the word and the password. After a colon anything
	// follows; after "is" only what no sentence goes on with.
	afterColon = regexp.MustCompile(`(?i)(?:` + passwordNoun + `)\s*[:=：＝]\s*"?(\S+)"?\s*(?:$|\n)`)
	afterIs    = regexp.MustCompile(`(?i)(?:` + passwordNoun + `)\s*(?:[:=：＝]|is|was|ist|lautet|war|est|es|是|为|는|은|가|は|が)?\s*["'“「]?([!-~]{4,})`)
	afterCode  = regexp.MustCompile(`(?:` + codeNoun + `|` + cardNoun + `)[^0-9\n]{0,24}([0-9]{3,8}|[0-9]{3}[ -][0-9]{3}|[0-9]{4} [0-9]{4})(?:[^0-9]|$)`)
	notSecret  = regexp.MustCompile(`error|fehler|erreur|fallo|오류|错误|錯誤|エラー|0x`)

	bareCode = regexp.MustCompile(`^(?:[a-z]-)?(?:[0-9]{6}|[0-9]{3}[ -][0-9]{3})$`)
	cardRun  = regexp.MustCompile(`[0-9](?:[ -]?[0-9]){12,}`)
)

// namesPassword finds a password behind the word for it.
func namesPassword(text string) bool {
	for _, m := range afterColon.FindAllStringSubmatch(text, -1) {
		if len(m[1]) >= 4 && !harmless(m[1]) {
			return true
		}
	}
	for _, m := range afterIs.FindAllStringSubmatch(text, -1) {
		word := trim(m[1])
		k := kindsOf(word)
		if len(word) >= 4 && (k.digits > 0 || k.strong > 0) && k.lower+k.upper > 0 && !harmless(word) {
			return true
		}
		if len(word) >= 4 && k.digits == len(word) {
			return true
		}
	}
	return false
}

// holdsCode finds a one-time code or a PIN.
func holdsCode(text, lower string) bool {
	if bareCode.MatchString(strings.ToLower(text)) {
		return true
	}
	return afterCode.MatchString(lower) && !notSecret.MatchString(lower)
}

// holdsCard finds the number of a payment card: its length and first figures (ISO/IEC 7812)
// and its check digit fit.
func holdsCard(text string) bool {
	for _, at := range cardRun.FindAllStringIndex(text, -1) {
		if at[0] > 0 && text[at[0]-1] == '+' {
			continue // a telephone's
		}
		digits := strings.NewReplacer(" ", "", "-", "").Replace(text[at[0]:at[1]])
		if issued(digits) && luhn(digits) {
			return true
		}
	}
	return false
}

// issued reports whether cards have such numbers.
func issued(d string) bool {
	switch len(d) {
	case 13:
		return d[0] == '4'
	case 14:
		return strings.HasPrefix(d, "30") || strings.HasPrefix(d, "36") || strings.HasPrefix(d, "38")
	case 15:
		return strings.HasPrefix(d, "34") || strings.HasPrefix(d, "37")
	case 16:
		return d[0] >= '4' && d[0] <= '6' || strings.HasPrefix(d, "35") || d[:4] >= "2221" && d[:4] <= "2720"
	case 19:
		return d[0] == '4' || d[0] == '6'
	}
	return false
}

// luhn checks the last figure (ISO/IEC 7812-1, annex B).
func luhn(d string) bool {
	sum := 0
	for i := range len(d) {
		n := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			n *= 2
			if n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}
