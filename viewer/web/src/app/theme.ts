/**
 * What Mantine is told. Colours and sizes stand in styles/theme.css, because the
 * provider may not write them into the page (policy without inline style).
 */
import { Button, Input, Menu, Modal, Tooltip, createTheme } from "@mantine/core";

export const theme = createTheme({
  primaryColor: "blue",
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  components: {
    Button: Button.extend({ defaultProps: { size: "sm" } }),
    // What may stay empty says so in its label; all else is wanted.
    InputWrapper: Input.Wrapper.extend({ defaultProps: { withAsterisk: false } }),
    // Locking the scroll would need an inline style sheet.
    Modal: Modal.extend({ defaultProps: { centered: true, lockScroll: false, closeButtonProps: { "aria-label": "Close" } } }),
    // In a low window a menu is as high as there is room, and scrolls.
    Menu: Menu.extend({ defaultProps: { position: "bottom-end", shadow: "md", middlewares: { size: true } } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 300, withArrow: false } }),
  },
});
