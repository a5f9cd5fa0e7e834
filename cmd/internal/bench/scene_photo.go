package main

import (
	"context"
	"errors"
	"image"
)

// scenePhoto is the name of the scene of first pictures.
const scenePhoto = "photo"

// playPhoto measures how long the first picture takes when the desktop is a photograph:
// with a browser just started (cold), and with one that has shown a session before
// (warm). It also tells from when the page shows every pixel as it is.
func playPhoto(ctx context.Context, s *set, r *rig) error {
	if err := s.disconnect(ctx); err != nil {
		return err
	}
	width, height := s.desktop.Size()
	wall, err := openBackdrop(s.desktop.Display(), photo(width, height, 31))
	if err != nil {
		return err
	}
	defer wall.close()
	seen, err := s.landmarks()
	if err != nil {
		return err
	}
	var took takes
	for n := range s.opts.cold + s.opts.warm {
		f, err := attach(ctx, s.system, n < s.opts.cold, seen)
		if err != nil {
			return err
		}
		took.note(f, n < s.opts.cold)
		r.page = s.system.page()
		if err := r.refined(ctx, f, &took); err != nil {
			return err
		}
		if err := detach(ctx, s.system); err != nil {
			return err
		}
	}
	r.add(took.figures()...)
	r.add(share(colIdentical, len(took.exact), s.opts.cold+s.opts.warm), figure{Name: colQuality, Unit: "dB", Value: r.quality})
	return nil
}

// takes are what first pictures took, in milliseconds.
type takes struct{ cold, warm, exact []float64 }

func (t *takes) note(f first, cold bool) {
	if cold {
		t.cold = append(t.cold, f.took())
	} else {
		t.warm = append(t.warm, f.took())
	}
}

func (t *takes) figures() (figures []figure) {
	for _, one := range []figure{spread(colCold, "ms", t.cold), spread(colWarm, "ms", t.warm), spread(colFirstExact, "ms", t.exact)} {
		if one.Sample > 0 {
			figures = append(figures, one)
		}
	}
	return figures
}

// refined waits until a first picture is exact.
func (r *rig) refined(ctx context.Context, f first, took *takes) error {
	watch, err := watchChanges(r.patch.x.display)
	if err != nil {
		return err
	}
	defer watch.close()
	at, err := watch.pointer()
	if err != nil {
		return err
	}
	around := []image.Rectangle{image.Rectangle{at, at}.Inset(-aroundPointer)}
	if err := r.follow(ctx, around); err != nil {
		return err
	}
	defer r.unfollow(ctx)
	_, since, err := r.exact(ctx, watch, around)
	if errors.Is(err, errDiffers) {
		return r.describe(ctx, around, 1)
	}
	if err == nil {
		took.exact = append(took.exact, milliseconds(since.Sub(f.allowed)))
	}
	return err
}
