package e2e

import (
	"debug/elf"
	"os"
	"path/filepath"
	"testing"

	"beside/cmd/internal/stage"
)

// PROMISE E3: each program is one file: it asks for no library and no loader of the machine
// that it runs on, so that nothing has to be installed for it.
func TestEachProgramIsOneFile(t *testing.T) {
	bin, err := stage.Bin(os.Getenv("BESIDE_BIN"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"beside-agent", "beside-relay", "beside-viewer"} {
		program, err := elf.Open(filepath.Join(bin, name))
		if err != nil {
			t.Fatal(err)
		}
		libraries, err := program.ImportedLibraries()
		if err != nil || len(libraries) > 0 {
			t.Errorf("%s needs %q, %v", name, libraries, err)
		}
		for _, part := range program.Progs {
			if part.Type == elf.PT_INTERP {
				t.Errorf("%s needs a loader", name)
			}
		}
		if err := program.Close(); err != nil {
			t.Error(err)
		}
	}
}
