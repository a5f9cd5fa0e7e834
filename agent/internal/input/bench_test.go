package input

import "testing"

// BenchmarkInject is the cost of one event, the look at its target included.
func BenchmarkInject(b *testing.B) {
	for name, inject := range map[string]func(d *desk, n int) error{
		"move":   func(d *desk, n int) error { return d.Move(200+n%100, 200) },
		"button": func(d *desk, n int) error { return d.Button(200, 200, 0, n%2 == 0) },
		"wheel":  func(d *desk, n int) error { return d.Wheel(200, 200, 0, 1) },
		"key":    func(d *desk, n int) error { return d.Key(Key{Code: "KeyA", Key: "a", Down: n%2 == 0}) },
		"text":   func(d *desk, n int) error { return d.Text("é") },
	} {
		b.Run(name, func(b *testing.B) {
			d := furnish(b, servers["Xorg"])
			for n := 0; b.Loop(); n++ {
				must(b, inject(d, n))
			}
		})
	}
}
