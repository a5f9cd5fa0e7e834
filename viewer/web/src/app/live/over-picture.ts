/**
 * What lies over the picture is dark, in a light system too: its own colours
 * (styles/theme.css) and the dark ones of every control in it.
 */
export const OVER_PICTURE = { className: "over-picture", "data-mantine-color-scheme": "dark" } as const;

/** The same for what has a class of its own. */
export function overPicture(className: string | undefined) {
  return { ...OVER_PICTURE, className: `${className ?? ""} ${OVER_PICTURE.className}` };
}
