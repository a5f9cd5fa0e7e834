package desktop

import (
	"io/fs"
	"os"
	"path/filepath"
)

// writeHome fills the home folder of the desktop: enough for the window manager and
// GTK programs to look tidy and to keep their hands off the real home.
func writeHome(home string) error {
	for _, dir := range []string{".config/gtk-3.0", ".local/share", ".cache", ".themes/Plain/openbox-3"} {
		if err := os.MkdirAll(filepath.Join(home, dir), 0o755); err != nil {
			return err
		}
	}
	if err := os.Mkdir(filepath.Join(home, "run"), 0o700); err != nil {
		return err
	}
	for name, text := range map[string]string{
		"rc.xml":                          openboxConfig,
		".themes/Plain/openbox-3/themerc": openboxTheme,
		".config/gtk-3.0/settings.ini":    gtkSettings,
	} {
		if err := os.WriteFile(filepath.Join(home, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return give(home)
}

// WriteFile puts a file into Home that the desktop's programs can read and write, and
// returns its path.
func (d *Desktop) WriteFile(name, text string) (string, error) {
	path := filepath.Join(d.Home(), name)
	err := os.WriteFile(path, []byte(text), 0o600)
	if err == nil && os.Geteuid() == 0 {
		err = os.Chown(path, nobody, nobody)
	}
	return path, err
}

// nobody runs the editor where root is at work: see Mousepad.
const nobody = 65534

// give lets nobody use the home folder. The desktop's folder itself stays closed to
// listing.
func give(home string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	if err := os.Chmod(filepath.Dir(home), 0o711); err != nil {
		return err
	}
	return filepath.WalkDir(home, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, nobody, nobody)
	})
}

const gtkSettings = `[Settings]
gtk-font-name = DejaVu Sans 10
gtk-theme-name = Adwaita
gtk-enable-animations = 0
gtk-cursor-blink = 0
gtk-recent-files-enabled = 0
`

const openboxConfig = `<?xml version="1.0" encoding="UTF-8"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <focus><focusNew>yes</focusNew><followMouse>no</followMouse><raiseOnFocus>no</raiseOnFocus></focus>
  <placement><policy>Smart</policy><center>yes</center></placement>
  <theme>
    <name>Plain</name><titleLayout>LIMC</titleLayout><keepBorder>yes</keepBorder><animateIconify>no</animateIconify>
    <font place="ActiveWindow"><name>DejaVu Sans</name><size>10</size><weight>Bold</weight></font>
    <font place="InactiveWindow"><name>DejaVu Sans</name><size>10</size></font>
  </theme>
  <desktops><number>1</number><popupTime>0</popupTime></desktops>
  <keyboard>
    <keybind key="A-F4"><action name="Close"/></keybind>
    <keybind key="A-Tab"><action name="NextWindow"/></keybind>
  </keyboard>
  <mouse>
    <context name="Titlebar">
      <mousebind button="Left" action="Drag"><action name="Move"/></mousebind>
      <mousebind button="Left" action="DoubleClick"><action name="ToggleMaximize"/></mousebind>
    </context>
    <context name="Titlebar Top Right Bottom Left TLCorner TRCorner BRCorner BLCorner">
      <mousebind button="Left" action="Press"><action name="Focus"/><action name="Raise"/></mousebind>
    </context>
    <context name="Client">
      <mousebind button="Left" action="Press"><action name="Focus"/><action name="Raise"/></mousebind>
      <mousebind button="Middle" action="Press"><action name="Focus"/><action name="Raise"/></mousebind>
      <mousebind button="Right" action="Press"><action name="Focus"/><action name="Raise"/></mousebind>
    </context>
    <context name="BRCorner"><mousebind button="Left" action="Drag"><action name="Resize"/></mousebind></context>
    <context name="Close"><mousebind button="Left" action="Click"><action name="Close"/></mousebind></context>
    <context name="Maximize"><mousebind button="Left" action="Click"><action name="ToggleMaximize"/></mousebind></context>
    <context name="Iconify"><mousebind button="Left" action="Click"><action name="Iconify"/></mousebind></context>
  </mouse>
</openbox_config>
`

const openboxTheme = `border.width: 1
padding.width: 8
padding.height: 5
window.handle.width: 0
window.client.padding.width: 0
window.active.border.color: #334155
window.inactive.border.color: #94a3b8
window.active.title.bg: flat solid
window.active.title.bg.color: #334155
window.inactive.title.bg: flat solid
window.inactive.title.bg.color: #cbd5e1
window.active.label.bg: parentrelative
window.inactive.label.bg: parentrelative
window.active.label.text.color: #f8fafc
window.inactive.label.text.color: #475569
window.active.button.*.bg: parentrelative
window.inactive.button.*.bg: parentrelative
window.active.button.*.image.color: #f8fafc
window.inactive.button.*.image.color: #475569
window.label.text.justify: left
menu.items.bg: flat solid
menu.items.bg.color: #f8fafc
menu.items.text.color: #111827
`
