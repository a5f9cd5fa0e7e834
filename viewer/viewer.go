// Package viewer holds the web application of technicians, reviewers and admins and
// serves it.
//
// The application itself is TypeScript, in web/; Vite builds it into web/dist, which
// is embedded here. Begin with [Handler]. It promises three things: the application
// comes with a strict content security policy (policy.txt) and nothing of it is loaded
// from another host; files named by their hash may be kept for ever, everything else
// is asked for again; and what is served can be compared by [BundleHash] with what was
// published. An unbuilt tree still compiles and says what to do.
package viewer

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed all:web/dist
var dist embed.FS

// bundle is dist without its leading folders.
func bundle() fs.FS {
	sub, err := fs.Sub(dist, "web/dist")
	if err != nil { // only for a malformed name
		return dist
	}
	return sub
}

// Handler serves the web application: files by their name, and the application's
// one page for every other address, so that its own routes can be opened directly.
// It answers GET and HEAD alone.
func Handler() http.Handler { return newHandler(bundle()) }

// BundleHash is the SHA-256, in hex, over the names and contents of every file that
// [Handler] serves. Two builds of the same source have the same.
func BundleHash() string { return hashOf(bundle()) }

// Built reports whether the web application was there when this was compiled.
func Built() bool {
	_, err := fs.Stat(bundle(), "index.html")
	return err == nil
}

// asset is one file, ready to be sent.
type asset struct {
	plain  []byte
	zipped []byte // gzip of plain; nil where it would not be smaller
	typ    string
	etag   string
}

type handler struct {
	assets map[string]asset // by path without the leading slash
}

func newHandler(files fs.FS) http.Handler {
	h := &handler{assets: make(map[string]asset)}
	eachFile(files, func(name string, data []byte) {
		sum := sha256.Sum256(data)
		h.assets[name] = asset{
			plain:  data,
			zipped: zip(name, data),
			typ:    typeOf(name),
			etag:   `"` + hex.EncodeToString(sum[:12]) + `"`,
		}
	})
	return h
}

// eachFile calls f with every file that is served, in lexical order.
func eachFile(files fs.FS, f func(name string, data []byte)) {
	_ = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(path.Base(name), ".") {
			return nil
		}
		data, err := fs.ReadFile(files, name)
		if err == nil {
			f(name, data)
		}
		return nil
	})
}

func hashOf(files fs.FS) string {
	sum := sha256.New()
	eachFile(files, func(name string, data []byte) {
		one := sha256.Sum256(data)
		sum.Write([]byte(hex.EncodeToString(one[:]) + "  " + name + "\n"))
	})
	return hex.EncodeToString(sum.Sum(nil))
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	setPolicy(w.Header())
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "This address only answers GET.", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(r.URL.Path, "/")
	if file, ok := h.assets[name]; ok && name != "index.html" {
		file.serve(w, r, cacheFor(name))
		return
	}
	if strings.HasPrefix(name, "assets/") {
		// Asked for by a page of an earlier build. The page would not help there.
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, "This file belongs to another version. Please load the page again.", http.StatusNotFound)
		return
	}
	page, ok := h.assets["index.html"]
	if !ok {
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, "The web application was not built: run make build.", http.StatusServiceUnavailable)
		return
	}
	page.serve(w, r, "no-store")
}

// cacheFor: what Vite puts into assets/ carries its hash in its name and never changes.
func cacheFor(name string) string {
	if strings.HasPrefix(name, "assets/") {
		return "public, max-age=31536000, immutable"
	}
	return "no-cache"
}

func (a asset) serve(w http.ResponseWriter, r *http.Request, cache string) {
	head := w.Header()
	head.Set("Cache-Control", cache)
	head.Set("Content-Type", a.typ)
	if cache != "no-store" {
		head.Set("ETag", a.etag)
		if r.Header.Get("If-None-Match") == a.etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	body := a.plain
	if a.zipped != nil {
		head.Set("Vary", "Accept-Encoding")
		if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			head.Set("Content-Encoding", "gzip")
			body = a.zipped
		}
	}
	head.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write(body)
}

// zip returns the gzip of text files when that saves something.
func zip(name string, data []byte) []byte {
	switch path.Ext(name) {
	case ".js", ".css", ".svg", ".html", ".json":
	default:
		return nil
	}
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil
	}
	if _, err := z.Write(data); err != nil || z.Close() != nil || out.Len() >= len(data) {
		return nil
	}
	return out.Bytes()
}

// typeOf names the types itself: the machine's own table may be wrong or missing,
// and nosniff makes a wrong type fatal.
func typeOf(name string) string {
	switch ext := path.Ext(name); ext {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".html":
		return "text/html; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".json":
		return "application/json"
	default:
		if t := mime.TypeByExtension(ext); t != "" {
			return t
		}
		return "application/octet-stream"
	}
}
