package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"time"
)

// pageScript is what reads the picture in the page, see page.js.
//
//go:embed page.js
var pageScript string

// evaluator is a page: it runs an expression and decodes its value.
type evaluator interface {
	Evaluate(ctx context.Context, expression string, result any) error
}

// layout says where a viewer's page has its picture.
type layout struct {
	Width  int    `json:"width"` // of the user's screen
	Height int    `json:"height"`
	Box    string `json:"box"`    // selector of what the whole picture fills
	Video  string `json:"video"`  // selector of the lowest layers
	Canvas string `json:"canvas"` // selector of the layers above
}

// page reads the picture that a viewer's page shows.
type page struct {
	evaluator
	layout layout
}

// install puts the script into the page that is open now.
func (p page) install(ctx context.Context) error {
	options, err := json.Marshal(p.layout)
	if err != nil {
		return fmt.Errorf("bench: page: %w", err)
	}
	return p.Evaluate(ctx, fmt.Sprintf("%s(%s)", pageScript, options), nil)
}

// call runs one of the script's functions and decodes what it returns or resolves to.
func (p page) call(ctx context.Context, result any, function string, arguments ...any) error {
	if arguments == nil {
		arguments = []any{}
	}
	list, err := json.Marshal(arguments)
	if err != nil {
		return fmt.Errorf("bench: page: %w", err)
	}
	expression := fmt.Sprintf("window.besideBench.%s(...%s)", function, list)
	if result == nil {
		expression = "void " + expression
	}
	if err := p.Evaluate(ctx, expression, result); err != nil {
		return fmt.Errorf("bench: page: %s: %w", function, err)
	}
	return nil
}

// landmark is a pixel of the user's screen and its colour.
type landmark struct {
	X, Y int
	RGB  [3]int
}

// landmarkTolerance is how much a first picture may differ from the screen at a
// landmark, the three channels together: it may be a coarse one.
const landmarkTolerance = 60

// landmarks are pixels along the left, right and lower edges, where no window of the
// agent comes.
func landmarks(screen *image.RGBA) (found []landmark) {
	w, h := screen.Rect.Dx(), screen.Rect.Dy()
	add := func(x, y int) {
		c := screen.RGBAAt(x, y)
		found = append(found, landmark{x, y, [3]int{int(c.R), int(c.G), int(c.B)}})
	}
	for y := h / 8; y < h; y += h / 8 {
		add(w/96, y)
		add(w-w/96, y)
	}
	for x := w / 12; x < w; x += w / 12 {
		add(x, h-h/54)
	}
	return found
}

// awaitFirst waits for what watchFirst notes: when the whole picture was first shown.
func (p page) awaitFirst(ctx context.Context) (time.Time, error) {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		var at float64
		if err := p.Evaluate(ctx, "window.besideBench.firstAt", &at); err != nil {
			return time.Time{}, err
		}
		if at > 0 {
			return fromEpoch(at), nil
		}
		select {
		case <-ctx.Done():
			return time.Time{}, fmt.Errorf("bench: no first picture: %w", ctx.Err())
		case <-ticker.C:
		}
	}
}

// fromEpoch is the moment of the page's milliseconds since 1970.
func fromEpoch(milliseconds float64) time.Time { return time.UnixMicro(int64(milliseconds * 1000)) }

// sight is the part of the screen in which a scene's pictures are counted. With cells
// it is a row of squares that number the picture.
type sight struct {
	at    image.Rectangle
	cells int
}

// pictures returns the distinct pictures a second that the page shows.
func (p page) pictures(ctx context.Context, window time.Duration, s sight) (rate float64, err error) {
	err = p.call(ctx, &rate, "pictures", window.Milliseconds(), s.at.Min.X, s.at.Min.Y, s.at.Dx(), s.at.Dy(), s.cells)
	return rate, err
}

// place is where a pixel of the user's screen lies on the page.
func (p page) place(ctx context.Context, at image.Point) (x, y float64, err error) {
	var found struct{ X, Y float64 }
	err = p.call(ctx, &found, "place", at.X, at.Y)
	return found.X, found.Y, err
}

// picture is the whole picture as the page shows it now.
func (p page) picture(ctx context.Context) (image.Image, error) {
	var text string
	if err := p.call(ctx, &text, "picture"); err != nil {
		return nil, err
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("bench: page: picture: %w", err)
	}
	decoded, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("bench: page: picture: %w", err)
	}
	return decoded, nil
}
