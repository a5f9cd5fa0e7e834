/**
 * Whether a text looks like it held a secret, or asks for one. The same rules, with their
 * reasons, stand in agent/internal/chat/secret.go; both read protocol/testdata/chat.json
 * (PROMISES A8).
 */

/** What a text looks like; null is harmless. */
export type Secret = "password" | "card" | "code";

const PASSWORD_NOUN =
  "pass ?words?|pass ?phrase|\\bpasscode|\\bpasswd|\\bpwd\\b|\\bpw\\b|passwort|kennwort|mot de passe|\\bmdp\\b|contraseña|contrasena|\\bclave\\b|" +
  "비밀번호|패스워드|암호|비번|密码|密碼|口令|パスワード|暗証番号";
const CODE_NOUN =
  "\\bpin\\b|\\botp\\b|\\btan\\b|(?:one[- ]time|verification|security|login|sms|2fa|confirmation|authenticator) ?(?:pass)?code|" +
  "\\bthe code\\b|\\bmy code\\b|sicherheitscode|bestätigungscode|einmalcode|\\bder code\\b|\\bmein code\\b|" +
  "code (?:pin|secret|de sécurité|de vérification|de confirmation|reçu)|\\ble code\\b|\\bmon code\\b|" +
  "código (?:pin|de verificación|de seguridad|de confirmación)|\\bel código|\\bmi código|" +
  "인증 ?번호|인증 ?코드|보안 ?코드|핀 ?번호|验证码|校验码|驗證碼|安全码|動態碼|认证コード|認証コード|認証番号|確認コード|暗証番号|セキュリティコード";
const CARD_NOUN =
  "\\bcvv\\b|\\bcvc\\b|card number|kartennummer|prüfnummer|numéro de (?:la )?carte|cryptogramme|número de (?:la )?tarjeta|카드 ?번호|卡号|卡號|カード番号";

const SECRET_NOUN = new RegExp(`${PASSWORD_NOUN}|${CODE_NOUN}|${CARD_NOUN}`);
const ASKING = new RegExp(
  "[?？¿]|\\b(?:tell|give|send|type|enter|write|share|read|need|provide|what|let me have)\\b|" +
    "\\b(?:sagen?|geben?|gib|schick\\w*|senden?|sende|nennen?|eingeben|tipp\\w*|schreib\\w*|brauche\\w*|teilen|mitteilen|lautet)\\b|" +
    "\\b(?:dites|dis|donne\\w*|envoye\\w*|envoie|tape\\w*|saisi\\w*|communique\\w*|besoin|quel)\\b|écrive\\w*|" +
    "\\b(?:diga\\w*|dime|dame|deme|escrib\\w*|introduzca|introduce|necesit\\w*|mande|mándeme)\\b|dígame|env[ií]e|envía|déme|" +
    "알려|말씀|말해|보내|입력|적어|주세요|불러|무엇|뭐|告诉|告訴|发给|发送|發送|输入|輸入|提供|说一下|给我|給我|需要|多少|什么|" +
    "教えて|送って|入力|書いて|お知らせ|ください|下さい|何です|必要",
);
const WARNING = /\b(?:never|don't|don’t|do not|not) (?:ever )?(?:tell|give|send|type|enter|write|share|read|need|provide)\b/g;

const AFTER_COLON = new RegExp(`(?:${PASSWORD_NOUN})\\s*[:=：＝]\\s*"?(\\S+)"?\\s*(?:$|\\n)`, "gi");
const AFTER_IS = new RegExp(`(?:${PASSWORD_NOUN})\\s*(?:[:=：＝]|is|was|ist|lautet|war|est|es|是|为|는|은|가|は|が)?\\s*["'“「]?([!-~]{4,})`, "gi");
const AFTER_CODE = new RegExp(`(?:${CODE_NOUN}|${CARD_NOUN})[^0-9\\n]{0,24}([0-9]{3,8}|[0-9]{3}[ -][0-9]{3}|[0-9]{4} [0-9]{4})(?:[^0-9]|$)`);
const NOT_SECRET = /error|fehler|erreur|fallo|오류|错误|錯誤|エラー|0x/;
const BARE_CODE = /^(?:[a-z]-)?(?:[0-9]{6}|[0-9]{3}[ -][0-9]{3})$/;
const CARD_RUN = /[0-9](?:[ -]?[0-9]){12,}/g;

const HARMLESS = new RegExp(
  `^(?:${[
    "[a-z][a-z0-9+.-]*:/.*", // an address
    "www\\..*",
    "[^@\\s]+@[^@\\s]+\\.[a-z]{2,}", // a mailbox
    "[a-z0-9-]+(?:\\.[a-z0-9-]+)*\\.[a-z]{2,}(?::[0-9]+)?", // a host, a file
    "[a-z0-9._-]{2,}@[a-z0-9.-]{2,}", // who at which machine
    "v?[0-9]+(?:\\.[0-9]+)+[a-z0-9.+~-]*", // a version
    "0x[0-9a-f]+", // an error
    "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", // a UUID
    "[0-9a-f]{16,}", // a hash
    "(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}", // a network card
    "%[a-z0-9_()]+%", // a variable
    "\\$[a-z_][a-z0-9_:]*", // another
    "(?:ctrl|strg|alt|shift|win|cmd|maj|umschalt)[+-].*", // keys
  ].join("|")})$`,
  "i",
);
const MODEL = /^[a-z]{1,3}(?:-?[0-9]{2,})+(?:-[a-z0-9]{1,4}){0,2}$/i;
const SEASON = /^[A-Z][a-z]{3,}[0-9]{2,4}[!#$%&*]+$/;

const LEAST = 8;
const MOST = 64;
const ODDNESS = 0.45;
const STRONG = "!#$%^&*~@?|";

/** What a text looks like. */
export function looks(text: string): Secret | null {
  if (holdsCard(text)) {
    return "card";
  }
  if (BARE_CODE.test(text.trim().toLowerCase()) || (AFTER_CODE.test(text.toLowerCase()) && !NOT_SECRET.test(text.toLowerCase()))) {
    return "code";
  }
  const words = text.split(/\s+/u).filter((word) => word !== "");
  return namesPassword(text) || words.some((word) => isPassword(word, words.length === 1)) ? "password" : null;
}

/** Whether a text seems to ask for a password, a card number or a code. */
export function asksSecret(text: string): boolean {
  const lower = text.toLowerCase();
  return SECRET_NOUN.test(lower) && ASKING.test(lower.replace(WARNING, " "));
}

function namesPassword(text: string): boolean {
  for (const [, word = ""] of text.matchAll(AFTER_COLON)) {
    if (size(word) >= 4 && !HARMLESS.test(word)) {
      return true;
    }
  }
  for (const [, found = ""] of text.matchAll(AFTER_IS)) {
    const word = trim(found);
    const kinds = kindsOf(word);
    if (word.length >= 4 && (kinds.digits === word.length || ((kinds.digits > 0 || kinds.strong > 0) && kinds.lower + kinds.upper > 0 && !HARMLESS.test(word)))) {
      return true;
    }
  }
  return false;
}

function holdsCard(text: string): boolean {
  for (const match of text.matchAll(CARD_RUN)) {
    const digits = match[0].replace(/[ -]/g, "");
    if (text[match.index - 1] !== "+" && issued(digits) && luhn(digits)) {
      return true;
    }
  }
  return false;
}

function issued(digits: string): boolean {
  switch (digits.length) {
    case 13:
      return digits.startsWith("4");
    case 14:
      return /^3[068]/.test(digits);
    case 15:
      return /^3[47]/.test(digits);
    case 16:
      return /^(?:[456]|35)/.test(digits) || (digits.slice(0, 4) >= "2221" && digits.slice(0, 4) <= "2720");
    case 19:
      return /^[46]/.test(digits);
    default:
      return false;
  }
}

function luhn(digits: string): boolean {
  let sum = 0;
  [...digits].reverse().forEach((digit, place) => {
    const n = Number(digit) * (1 + (place % 2));
    sum += n > 9 ? n - 9 : n;
  });
  return sum % 10 === 0;
}

function isPassword(whole: string, alone: boolean): boolean {
  if (alone && SEASON.test(whole)) {
    return true;
  }
  const word = trim(whole);
  if (size(word) < LEAST || size(word) > MOST || HARMLESS.test(word) || MODEL.test(word)) {
    return false;
  }
  const kinds = kindsOf(word);
  if (kinds.other > 0 || kinds.lower === 0 || /[/\\]/.test(word)) {
    return false;
  }
  if (kinds.strong > 0 && kinds.digits > 0) {
    return true;
  }
  return kinds.upper > 0 && kinds.digits > 0 && kinds.odd >= ODDNESS * word.length;
}

function trim(word: string): string {
  return word.replace(/[.,;:!?"')\]}>]+$/, "").replace(/^["'([{<#]+/, "");
}

function size(word: string): number {
  return new TextEncoder().encode(word).length;
}

function kindsOf(word: string) {
  const kinds = { lower: 0, upper: 0, digits: 0, strong: 0, other: 0, odd: 0 };
  let last = "";
  for (const char of word) {
    let kind = "sign";
    if (char >= "a" && char <= "z") {
      kinds.lower++;
      kind = "lower";
    } else if (char >= "A" && char <= "Z") {
      kinds.upper++;
      kind = "upper";
    } else if (char >= "0" && char <= "9") {
      kinds.digits++;
      kind = "digit";
    } else if (STRONG.includes(char)) {
      kinds.strong++;
    } else if (char < " " || char > "~") {
      kinds.other++;
    }
    if (last !== "" && kind !== last && kind !== "sign" && last !== "sign" && !(last === "upper" && kind === "lower")) {
      kinds.odd++;
    }
    last = kind;
  }
  return kinds;
}
