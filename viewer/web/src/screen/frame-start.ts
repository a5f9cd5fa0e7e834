/**
 * The beginning of the browser's next frame: before the callbacks of
 * requestAnimationFrame, so that what they read is what the frame shows.
 *
 * An animation that has ended says so there (HTML, "update the rendering": animations come
 * before animation frame callbacks). The one used here moves nothing.
 */
export class FrameStart {
  readonly #act: (delay: number) => void;
  #due = false;
  #cancelled = false;

  /** `act` is told how many milliseconds after it was asked for the frame begins. */
  constructor(act: (delay: number) => void) {
    this.#act = act;
  }

  /** Asks to act at the beginning of the next frame: once, however often it is asked. */
  ask(): void {
    if (this.#due || this.#cancelled) {
      return;
    }
    this.#due = true;
    const asked = performance.now();
    const none = new Animation(new KeyframeEffect(null, null, 1));
    none.onfinish = () => {
      this.#due = false;
      if (!this.#cancelled) {
        this.#act(performance.now() - asked);
      }
    };
    none.finish();
  }

  /** Acts no more. */
  cancel(): void {
    this.#cancelled = true;
  }
}
