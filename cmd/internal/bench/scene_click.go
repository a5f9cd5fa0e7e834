package main

import "context"

// playClick measures from a press in the page to the frame that shows what it did: a
// window on the user's machine changes its colour.
func playClick(ctx context.Context, r *rig) error {
	if _, err := r.view(ctx); err != nil {
		return err
	}
	if err := r.control(ctx); err != nil {
		return err
	}
	if err := r.settle(ctx); err != nil {
		return err
	}
	latency, err := r.stage.ClickToPixel(ctx, r.technician, r.opts.clicks)
	if err != nil {
		return err
	}
	samples := make([]float64, len(latency.Samples))
	for i, s := range latency.Samples {
		samples[i] = milliseconds(s)
	}
	r.add(spread("click to pixel", "ms", 40, samples))
	return nil
}
