package agent

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// replaceFile puts data at path, readable by the user alone (0600), in the place of what is
// there: whole or not at all.
func replaceFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".beside-*") // 0600
	if err != nil {
		return fmt.Errorf("agent: %w", err)
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("agent: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}
