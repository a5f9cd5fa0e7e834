package files

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
)

// Downloads is the user's folder for what comes from elsewhere: the one that the desktop
// names (xdg-user-dirs), else Downloads in the home folder.
func Downloads(getenv func(string) string) (string, error) {
	home := getenv("HOME")
	if home == "" {
		var err error
		if home, err = os.UserHomeDir(); err != nil {
			return "", err
		}
	}
	config := getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(config) {
		config = filepath.Join(home, ".config")
	}
	if dir := userDir(filepath.Join(config, "user-dirs.dirs"), home); dir != "" {
		return dir, nil
	}
	return filepath.Join(home, "Downloads"), nil
}

// userDir reads XDG_DOWNLOAD_DIR; empty when there is none, or it is the home folder,
// which means that the user has none.
func userDir(path, home string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	found := ""
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		value, ok := strings.CutPrefix(strings.TrimSpace(lines.Text()), "XDG_DOWNLOAD_DIR=")
		if !ok {
			continue
		}
		value = strings.NewReplacer(`\"`, `"`, `\$`, "$", `\\`, `\`).Replace(strings.Trim(value, `"`))
		if rest, ok := strings.CutPrefix(value, "$HOME"); ok {
			value = home + "/" + rest
		}
		if value = filepath.Clean(value); filepath.IsAbs(value) && value != filepath.Clean(home) {
			found = value
		}
	}
	return found
}
