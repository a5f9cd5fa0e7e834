package ui

import (
	"bytes"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/go-text/typesetting/font"
	"github.com/go-text/typesetting/font/opentype"
	"github.com/go-text/typesetting/font/opentype/tables"
	"github.com/go-text/typesetting/language"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
)

// weight is how heavy text is.
type weight uint8

const (
	regular weight = iota
	bold
)

// families are the interface fonts we like, best first: regular, bold.
var families = [...][2]string{
	{"Inter-Regular.ttf", "Inter-SemiBold.ttf"},
	{"Inter-Regular.otf", "Inter-SemiBold.otf"},
	{"NotoSans-Regular.ttf", "NotoSans-SemiBold.ttf"},
	{"NotoSans-Regular.ttf", "NotoSans-Bold.ttf"},
	{"Cantarell-Regular.otf", "Cantarell-Bold.otf"},
	{"OpenSans-Regular.ttf", "OpenSans-Semibold.ttf"},
	{"OpenSans-Regular.ttf", "OpenSans-Bold.ttf"},
	{"Roboto-Regular.ttf", "Roboto-Medium.ttf"},
	{"Ubuntu-R.ttf", "Ubuntu-M.ttf"},
	{"LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf"},
	{"DejaVuSans.ttf", "DejaVuSans-Bold.ttf"},
	{"FreeSans.ttf", "FreeSansBold.ttf"},
}

// fallbacks are fonts for the scripts that interface fonts lack, for text in the
// language lang.
func fallbacks(s language.Script, w weight, lang string) []string {
	switch s {
	case language.Han, language.Hiragana, language.Katakana, language.Hangul, language.Bopomofo:
		return eastAsian(s, w, lang)
	case language.Arabic:
		return []string{"NotoSansArabic-Regular.ttf", "NotoSansArabicUI-Regular.ttf",
			"NotoNaskhArabic-Regular.ttf", "DejaVuSans.ttf", "FreeSans.ttf"}
	case language.Common, language.Inherited, language.Unknown:
		return []string{"DejaVuSans.ttf", "NotoSansSymbols2-Regular.ttf", "NotoSansSymbols-Regular.ttf",
			"NotoColorEmoji.ttf", "NotoEmoji-Regular.ttf", "FreeSans.ttf", "unifont.otf"}
	}
	return []string{"NotoSans" + s.String() + "-Regular.ttf", "DejaVuSans.ttf", "FreeSans.ttf", "unifont.otf"}
}

// eastAsian are the fonts for Chinese, Japanese and Korean. The same character is
// drawn differently in each, so the face of the collection goes by the language; a name
// in another's text goes by its script.
func eastAsian(s language.Script, w weight, lang string) []string {
	index := map[string]string{"ja": "#0", "ko": "#1", "zh": "#2"}[lang]
	switch {
	case s == language.Hangul:
		index = "#1"
	case s == language.Hiragana || s == language.Katakana:
		index = "#0"
	case index == "":
		index = "#2"
	}
	names := []string{"NotoSansCJK-Regular.ttc" + index, "SourceHanSans-Regular.ttc" + index}
	if w == bold {
		names = append([]string{"NotoSansCJK-Bold.ttc" + index, "SourceHanSans-Bold.ttc" + index}, names...)
	}
	switch index {
	case "#0":
		names = append(names, "NotoSansJP-Regular.otf", "NotoSansCJKjp-Regular.otf", "ipag.ttf", "ipagp.ttf", "TakaoPGothic.ttf")
	case "#1":
		names = append(names, "NotoSansKR-Regular.otf", "NotoSansCJKkr-Regular.otf", "NanumGothic.ttf", "UnDotum.ttf")
	default:
		names = append(names, "NotoSansSC-Regular.otf", "NotoSansCJKsc-Regular.otf")
	}
	return append(names, "DroidSansFallbackFull.ttf", "DroidSansFallback.ttf", "wqy-microhei.ttc", "wqy-zenhei.ttc", "unifont.otf")
}

// fontBook finds and loads faces, each only when a text first needs it.
type fontBook struct {
	lang   string            // of the texts, BCP 47
	index  map[string]string // file name to path; nil until first used
	loaded map[string]*font.Face
	main   [2]*font.Face
	last   [2]*font.Face // the built-in faces
	runes  map[runeKey]*font.Face
}

type runeKey struct {
	r rune
	w weight
}

// speak says which language texts are in from now on.
func (b *fontBook) speak(lang string) {
	if b.lang != lang {
		b.lang = lang
		clear(b.runes)
	}
}

// samples are characters without which a language cannot be read.
func samples(lang string) string {
	return map[string]string{"ko": "한국어", "zh": "请您电脑", "ja": "あなたの画面カ"}[lang]
}

// has reports whether the machine has the characters of a language.
func (b *fontBook) has(lang string) bool {
	before := b.lang
	b.speak(lang)
	defer b.speak(before)
	for _, r := range samples(lang) {
		if _, ok := b.find(regular, r).NominalGlyph(r); !ok {
			return false
		}
	}
	return true
}

func newFontBook() *fontBook {
	return &fontBook{loaded: map[string]*font.Face{}, runes: map[runeKey]*font.Face{}}
}

// fontDirs are where systems keep fonts.
func fontDirs() []string {
	home, _ := os.UserHomeDir()
	dirs := []string{"/usr/share/fonts", "/usr/local/share/fonts", "/run/current-system/sw/share/X11/fonts"}
	if home != "" {
		dirs = append(dirs, filepath.Join(home, ".local/share/fonts"), filepath.Join(home, ".fonts"))
	}
	return dirs
}

// maxFontFiles bounds the search; the names we want come long before.
const maxFontFiles = 20000

func (b *fontBook) path(name string) string {
	if b.index == nil {
		b.index = map[string]string{}
		for _, dir := range fontDirs() {
			_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
				if err != nil || len(b.index) >= maxFontFiles {
					return fs.SkipDir
				}
				if !e.IsDir() && isFont(e.Name()) {
					b.index[e.Name()] = path
				}
				return nil
			})
		}
	}
	return b.index[name]
}

func isFont(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".ttf", ".otf", ".ttc":
		return true
	}
	return false
}

// load returns the named face, nil when the system has none that can be read. A number
// behind # is that of a face in a collection.
func (b *fontBook) load(name string) *font.Face {
	if f, ok := b.loaded[name]; ok {
		return f
	}
	var face *font.Face
	file, number, _ := strings.Cut(name, "#")
	index, _ := strconv.Atoi(number)
	if path := b.path(file); path != "" {
		face = readFace(path, index)
	}
	b.loaded[name] = face
	return face
}

// readFace reads a face of a font file, the first of a collection with fewer.
func readFace(path string, index int) *font.Face {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	loaders, err := opentype.NewLoaders(f)
	if err != nil || len(loaders) == 0 {
		return nil
	}
	if index >= len(loaders) {
		index = 0
	}
	ft, err := font.NewFont(loaders[index])
	if err != nil {
		return nil
	}
	return font.NewFace(ft)
}

// face is the interface face of a weight; never nil.
func (b *fontBook) face(w weight) *font.Face {
	if b.main[w] != nil {
		return b.main[w]
	}
	for _, f := range families {
		if b.path(f[0]) == "" || b.path(f[1]) == "" {
			continue
		}
		if face := b.load(f[w]); face != nil {
			b.main[w] = face
			return face
		}
	}
	b.main[w] = b.builtIn(w)
	return b.main[w]
}

// builtIn is a face inside the program, so that there is always text.
func (b *fontBook) builtIn(w weight) *font.Face {
	if b.last[w] == nil {
		data := goregular.TTF
		if w == bold {
			data = gobold.TTF
		}
		// The data is a constant of this build; TestBuiltInFaces reads it.
		b.last[w], _ = font.ParseTTF(bytes.NewReader(data))
	}
	return b.last[w]
}

// find returns a face that has r, else the interface face.
func (b *fontBook) find(w weight, r rune) *font.Face {
	main := b.face(w)
	if _, ok := main.NominalGlyph(r); ok {
		return main
	}
	key := runeKey{r, w}
	if f, ok := b.runes[key]; ok {
		if f == nil {
			return main
		}
		return f
	}
	f := b.search(r, w)
	b.runes[key] = f
	if f == nil {
		return main
	}
	return f
}

// scriptOf is the script of a character; the wide punctuation of East Asia goes with
// its letters, and so do the marks that both kinds of kana share, as the long one of
// キーボード.
func scriptOf(r rune) language.Script {
	switch {
	case r >= 0x3000 && r <= 0x303f, r >= 0xff00 && r <= 0xffef:
		return language.Han
	case r >= 0x3099 && r <= 0x309c, r == 0x30a0, r == 0x30fb, r == 0x30fc:
		return language.Katakana
	}
	return language.LookupScript(r)
}

func (b *fontBook) search(r rune, w weight) *font.Face {
	has := func(f *font.Face) bool {
		if f == nil {
			return false
		}
		_, ok := f.NominalGlyph(r)
		return ok
	}
	for _, name := range fallbacks(scriptOf(r), w, b.lang) {
		if f := b.load(name); has(f) {
			return f
		}
	}
	if f := b.builtIn(regular); has(f) {
		return f
	}
	// Last, any font of the system, the same each time: its character map alone is read.
	for _, name := range slices.Sorted(maps.Keys(b.index)) {
		if mapHas(b.index[name], r) {
			if f := b.load(name); has(f) {
				return f
			}
		}
	}
	return nil
}

// mapHas reports whether the first face of a file has r, reading nothing else of it.
func mapHas(path string, r rune) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	loaders, err := opentype.NewLoaders(f)
	if err != nil || len(loaders) == 0 {
		return false
	}
	raw, err := loaders[0].RawTable(opentype.MustNewTag("cmap"))
	if err != nil {
		return false
	}
	table, _, err := tables.ParseCmap(raw)
	if err != nil {
		return false
	}
	cmap, _, err := font.ProcessCmap(table, tables.FPNone)
	if err != nil {
		return false
	}
	_, ok := cmap.Lookup(r)
	return ok
}
