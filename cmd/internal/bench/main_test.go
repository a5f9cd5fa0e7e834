package main

import "testing"

func TestTheCommandLine(t *testing.T) {
	full, err := parse(nil)
	if err != nil || full.samples < 40 || !full.systems.MatchString("x11vnc + noVNC") || full.quick {
		t.Errorf("in full: %+v, %v", full, err)
	}
	quick, err := parse([]string{"-quick", "-samples", "5", "-scenes", "idle|drag"})
	if err != nil || quick.samples != 5 || quick.window >= full.window || quick.systems.MatchString("x11vnc + noVNC") ||
		!quick.systems.MatchString(ownName) || quick.scenes.MatchString("typing") {
		t.Errorf("quick: %+v, %v", quick, err)
	}
	for _, bad := range [][]string{{"-samples", "0"}, {"more"}, {"-window", "1ms"}, {"-scenes", "("}, {"-systems", "("}, {"-repeat", "0"}, {"-checks", "-1"}} {
		if o, err := parse(bad); err == nil {
			t.Errorf("%q gives %+v", bad, o)
		}
	}
}
