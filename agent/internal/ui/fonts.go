package ui

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
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

// fallbacks are fonts for the scripts that interface fonts lack.
func fallbacks(s language.Script) []string {
	switch s {
	case language.Han, language.Hiragana, language.Katakana, language.Hangul, language.Bopomofo:
		return []string{"NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf", "NotoSansSC-Regular.otf",
			"SourceHanSans-Regular.ttc", "DroidSansFallbackFull.ttf", "DroidSansFallback.ttf",
			"wqy-microhei.ttc", "wqy-zenhei.ttc", "NanumGothic.ttf", "ipag.ttf", "unifont.otf"}
	case language.Arabic:
		return []string{"NotoSansArabic-Regular.ttf", "NotoSansArabicUI-Regular.ttf",
			"NotoNaskhArabic-Regular.ttf", "DejaVuSans.ttf", "FreeSans.ttf"}
	case language.Common, language.Inherited, language.Unknown:
		return []string{"DejaVuSans.ttf", "NotoSansSymbols2-Regular.ttf", "NotoSansSymbols-Regular.ttf",
			"NotoColorEmoji.ttf", "NotoEmoji-Regular.ttf", "FreeSans.ttf", "unifont.otf"}
	}
	return []string{"NotoSans" + s.String() + "-Regular.ttf", "DejaVuSans.ttf", "FreeSans.ttf", "unifont.otf"}
}

// fontBook finds and loads faces, each only when a text first needs it.
type fontBook struct {
	index  map[string]string // file name to path; nil until first used
	loaded map[string]*font.Face
	main   [2]*font.Face
	last   [2]*font.Face // the built-in faces
	runes  map[rune]*font.Face
}

func newFontBook() *fontBook {
	return &fontBook{loaded: map[string]*font.Face{}, runes: map[rune]*font.Face{}}
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

// load returns the named face, nil when the system has none that can be read.
func (b *fontBook) load(name string) *font.Face {
	if f, ok := b.loaded[name]; ok {
		return f
	}
	var face *font.Face
	if path := b.path(name); path != "" {
		face = readFace(path)
	}
	b.loaded[name] = face
	return face
}

// readFace reads the first face of a font file.
func readFace(path string) *font.Face {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }()
	loaders, err := opentype.NewLoaders(f)
	if err != nil || len(loaders) == 0 {
		return nil
	}
	ft, err := font.NewFont(loaders[0])
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
	if f, ok := b.runes[r]; ok {
		if f == nil {
			return main
		}
		return f
	}
	f := b.search(r)
	b.runes[r] = f
	if f == nil {
		return main
	}
	return f
}

func (b *fontBook) search(r rune) *font.Face {
	has := func(f *font.Face) bool {
		if f == nil {
			return false
		}
		_, ok := f.NominalGlyph(r)
		return ok
	}
	for _, name := range fallbacks(language.LookupScript(r)) {
		if f := b.load(name); has(f) {
			return f
		}
	}
	if f := b.builtIn(regular); has(f) {
		return f
	}
	// Last, any font of the system: its character map alone is read.
	for name, path := range b.index {
		if mapHas(path, r) {
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
