package main

import (
	"slices"
	"time"
)

// figure is one measured thing.
type figure struct {
	Name   string  `json:"name"`
	Unit   string  `json:"unit"`
	Value  float64 `json:"value"` // the median, when there are samples
	P95    float64 `json:"p95,omitempty"`
	Max    float64 `json:"max,omitempty"`
	Sample int     `json:"samples,omitempty"`
}

// spread makes a figure of samples: median, 95th percentile, maximum.
func spread(name, unit string, samples []float64) figure {
	f := figure{Name: name, Unit: unit, Sample: len(samples)}
	if len(samples) == 0 {
		return f
	}
	sorted := slices.Sorted(slices.Values(samples))
	f.Value, f.P95, f.Max = quantile(sorted, 0.5), quantile(sorted, 0.95), sorted[len(sorted)-1]
	return f
}

// quantile of sorted samples by nearest rank.
func quantile(sorted []float64, q float64) float64 {
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}

// median of values in any order.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	if n := len(sorted); n%2 == 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return sorted[len(sorted)/2]
}

// merge makes one list of the figures of several repetitions: the median of their
// values and of their 95th percentiles, the largest maximum, the sum of the samples.
// A figure that some repetitions lack is the median of the others.
func merge(repetitions [][]figure) []figure {
	var names []string
	byName := map[string][]figure{}
	for _, figures := range repetitions {
		for _, f := range figures {
			if byName[f.Name] == nil {
				names = append(names, f.Name)
			}
			byName[f.Name] = append(byName[f.Name], f)
		}
	}
	merged := make([]figure, 0, len(names))
	for _, name := range names {
		merged = append(merged, mergeOne(byName[name]))
	}
	return merged
}

func mergeOne(all []figure) figure {
	f := figure{Name: all[0].Name, Unit: all[0].Unit}
	var values, tails []float64
	for _, one := range all {
		values, tails = append(values, one.Value), append(tails, one.P95)
		f.Max, f.Sample = max(f.Max, one.Max), f.Sample+one.Sample
	}
	f.Value, f.P95 = median(values), median(tails)
	return f
}

// find returns the figure of that name.
func find(figures []figure, name string) (figure, bool) {
	i := slices.IndexFunc(figures, func(f figure) bool { return f.Name == name })
	if i < 0 {
		return figure{}, false
	}
	return figures[i], true
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
