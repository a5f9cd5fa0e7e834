/**
 * Loading the page again, closing it, or going to another site ends the session that it
 * holds: the keys live in the page alone. Here it is remembered, in this tab, so that the
 * page that comes after can say so.
 */
const NAME = "beside.session-left";

/** Says that a session ended with its page. */
export function rememberLeft(tab: Storage): void {
  tab.setItem(NAME, "1");
}

/** Whether one did; asked once, it is forgotten. */
export function takeLeft(tab: Storage): boolean {
  const left = tab.getItem(NAME) !== null;
  tab.removeItem(NAME);
  return left;
}
