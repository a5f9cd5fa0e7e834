package main

import (
	"reflect"
	"testing"
)

func TestSpreadTakesMedianAndTail(t *testing.T) {
	var samples []float64
	for i := range 100 {
		samples = append(samples, float64(99-i))
	}
	got := spread("wait", "ms", samples)
	if want := (figure{Name: "wait", Unit: "ms", Value: 50, P95: 95, Max: 99, Sample: 100}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if samples[0] != 99 {
		t.Error("the samples were reordered")
	}
	if none := spread("wait", "ms", nil); none.Value != 0 || none.Sample != 0 {
		t.Errorf("no samples: %+v", none)
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{{[]float64{7}, 7}, {[]float64{9, 1}, 5}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 3, 2}, 2.5}} {
		if got := median(c.values); got != c.want {
			t.Errorf("median(%v) = %v, want %v", c.values, got, c.want)
		}
	}
}

func TestRepetitionsMergeToTheirMedians(t *testing.T) {
	got := merge([][]figure{
		{{Name: "a", Unit: "ms", Value: 10, P95: 20, Max: 30, Sample: 5}},
		{{Name: "a", Unit: "ms", Value: 90, P95: 95, Max: 99, Sample: 5}, {Name: "b", Unit: "%", Value: 1}},
		{{Name: "a", Unit: "ms", Value: 12, P95: 22, Max: 25, Sample: 4}, {Name: "b", Unit: "%", Value: 3}},
	})
	want := []figure{{Name: "a", Unit: "ms", Value: 12, P95: 22, Max: 99, Sample: 14}, {Name: "b", Unit: "%", Value: 2}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if merge(nil) == nil || len(merge([][]figure{nil})) != 0 {
		t.Error("a scene without figures has some")
	}
}
