// What the bench reads in the viewer's page. It is evaluated once in each page and
// leaves its functions in window.besideBench; every answer is a number or plain data.
//
// The picture is what a person sees of it: the video, and over it the canvases in the
// order of the document, each at its place. A pixel is one of the user's screen.
(({ width, height, box, video, canvas }) => {
  const bench = {};
  const epoch = () => performance.timeOrigin + performance.now();

  /** The layers from the bottom: what to draw, where it lies, and its own size. */
  bench.layers = () => {
    const frame = document.querySelector(box);
    if (frame === null) return [];
    const whole = frame.getBoundingClientRect();
    const scale = width / whole.width;
    const found = [...document.querySelectorAll(video), ...document.querySelectorAll(canvas)];
    return found.map((source) => {
      const at = source.getBoundingClientRect();
      return {
        source, isVideo: source instanceof HTMLVideoElement,
        x: (at.left - whole.left) * scale, y: (at.top - whole.top) * scale, w: at.width * scale, h: at.height * scale,
        ownWidth: source.videoWidth ?? source.width, ownHeight: source.videoHeight ?? source.height,
      };
    }).filter((l) => l.w > 0 && l.h > 0 && l.ownWidth > 0 && l.ownHeight > 0
      && l.source.checkVisibility({ visibilityProperty: true }));
  };

  /** Draws a part of the picture into a context, its corner at 0, 0. */
  const compose = (to, left, top) => {
    to.imageSmoothingEnabled = false;
    to.clearRect(0, 0, to.canvas.width, to.canvas.height);
    for (const l of bench.layers()) to.drawImage(l.source, l.x - left, l.y - top, l.w, l.h);
  };

  const reader = (w, h, alpha) => new OffscreenCanvas(w, h).getContext('2d', { willReadFrequently: true, alpha });
  const one = reader(1, 1, true);

  /** The colour of a pixel, or null where there is nothing; the video is touched only if it is seen there. */
  bench.pixel = (x, y) => {
    for (const l of bench.layers().reverse()) {
      if (x < l.x || y < l.y || x >= l.x + l.w || y >= l.y + l.h) continue;
      one.clearRect(0, 0, 1, 1);
      one.drawImage(l.source, ((x - l.x) * l.ownWidth) / l.w, ((y - l.y) * l.ownHeight) / l.h, 1, 1, 0, 0, 1, 1);
      const [r, g, b, a] = one.getImageData(0, 0, 1, 1).data;
      if (a === 255) return [r, g, b];
    }
    return null;
  };

  const distance = (a, b) => Math.abs(a[0] - b[0]) + Math.abs(a[1] - b[1]) + Math.abs(a[2] - b[2]);

  /** Both halves of a hash of 32-bit words; hash.go does the same. */
  const hash = (words) => {
    let a = 0x811c9dc5, b = 0x9747b28c;
    for (let i = 0; i < words.length; i++) {
      a = Math.imul(a ^ words[i], 16777619);
      b = (Math.imul(b, 31) + words[i]) | 0;
    }
    return (a >>> 0).toString(16) + '-' + (b >>> 0).toString(16);
  };
  const words = (c) => new Uint32Array(c.getImageData(0, 0, c.canvas.width, c.canvas.height).data.buffer);

  /** Where a pixel of the user's screen lies on the page. */
  bench.place = (x, y) => {
    const whole = document.querySelector(box).getBoundingClientRect();
    return { X: whole.left + ((x + 0.5) * whole.width) / width, Y: whole.top + ((y + 0.5) * whole.height) / height };
  };

  /** Notes in firstAt when the whole picture is first there: every given pixel has about its colour. */
  bench.watchFirst = (expected, tolerance) => {
    bench.firstAt = 0;
    const look = () => {
      const there = expected.every(({ X, Y, RGB }) => {
        const got = bench.pixel(X, Y);
        return got !== null && distance(got, RGB) <= tolerance;
      });
      if (there) bench.firstAt = epoch(); else setTimeout(look, 3);
    };
    look();
  };

  /** Distinct pictures a second in a part of the screen, by reading it in every frame. With cells, the part is a row of
      black and white squares that number the picture, so that a picture that only gets sharper counts once. */
  bench.pictures = (ms, x, y, w, h, cells) => new Promise((done) => {
    const c = reader(w, h, false);
    const name = () => {
      compose(c, x, y);
      if (cells === 0) return hash(words(c));
      const data = c.getImageData(0, 0, w, h).data;
      let bits = '';
      for (let i = 0; i < cells; i++) bits += data[4 * ((h >> 1) * w + Math.floor(((i + 0.5) * w) / cells)) + 1] > 127 ? 1 : 0;
      return bits;
    };
    const began = performance.now();
    let last = name(), count = 0;
    const look = () => {
      const now = name();
      if (now !== last) count++;
      last = now;
      const took = performance.now() - began;
      if (took < ms) requestAnimationFrame(look); else done((1000 * count) / took);
    };
    requestAnimationFrame(look);
  });

  // A viewer whose worker hands it the picture in memory that both see waits for that memory;
  // which it is, and the number in it that tells of a picture, is noted as it begins to. Where
  // it looks again and again instead, nothing else runs: look sees what it sees.
  const shared = (window.besideShared ??= {
    head: null, index: 0, look: null, wait: Atomics.waitAsync?.bind(Atomics), load: Atomics.load.bind(Atomics),
  });
  if (shared.wait) {
    Atomics.waitAsync = (head, index, ...rest) => {
      Object.assign(shared, { head, index });
      return shared.wait(head, index, ...rest);
    };
    Atomics.load = (head, index) => {
      const value = shared.load(head, index);
      shared.look?.(head, index, value);
      return value;
    };
  }

  /** Watches a pixel in the shared memory, in which the picture lies last: at becomes when it has another colour. */
  const watchShared = (x, y, limit) => {
    const watch = { at: 0, over: false, changed: () => false };
    const { head, index, wait, load } = shared;
    const from = (head?.buffer.byteLength ?? 0) - 4 * (width * height - y * width - x);
    if (head === null || from < 0) return watch;
    const bytes = new Uint8Array(head.buffer, from, 3), before = [...bytes];
    watch.changed = () => distance(bytes, before) > 120;
    const began = performance.now();
    const note = () => { if (watch.at === 0 && watch.changed()) watch.at = performance.now(); };
    let last = load(head, index);
    shared.look = (at, which, value) => {
      if (at !== head || which !== index || value === last) return;
      last = value;
      note();
    };
    const look = async () => {
      while (!watch.over) {
        const seen = load(head, index), left = began + limit - performance.now();
        note();
        if (watch.at > 0 || left <= 0) return;
        await wait(head, index, seen, left).value;
      }
    };
    look();
    return watch;
  };

  /** Waits for a press and then for the pixel's colour to change: milliseconds from the event to the frame that shows it
      (Shown) and to the update that does lying in the page's memory (Arrived), -1 when that took longer than limit or is
      not to be known. */
  bench.armPress = (x, y, limit) => {
    const before = bench.pixel(x, y) ?? [0, 0, 0];
    const update = watchShared(x, y, 2 * limit);
    let pressed = 0;
    const note = () => { pressed = performance.now(); };
    window.addEventListener('pointerdown', note, { capture: true, once: true });
    const began = performance.now();
    bench.pressed = new Promise((done) => {
      const end = (shown) => {
        update.over = true;
      shared.look = null;
        // A frame that came before the page was woken has it already: no later than now, then.
        if (update.at === 0 && update.changed()) update.at = performance.now();
        done({ Shown: shown, Arrived: pressed > 0 && update.at > 0 ? update.at - pressed : -1 });
      };
      const look = () => {
        const now = pressed > 0 ? bench.pixel(x, y) : null;
        if (now !== null && distance(now, before) > 120) { end(performance.now() - pressed); return; }
        if (performance.now() - (pressed || began) < limit) { requestAnimationFrame(look); return; }
        window.removeEventListener('pointerdown', note, { capture: true });
        end(-1);
      };
      requestAnimationFrame(look);
    });
  };

  /** Follows the whole picture, less the rectangles, until stopFollowing: since when it has had the hash it has. */
  bench.follow = (without, pace) => {
    const c = reader(width, height, false);
    const follower = { hash: '', since: 0, stopped: false };
    bench.follower = follower;
    const look = () => {
      if (follower.stopped) return;
      compose(c, 0, 0);
      for (const r of without) c.clearRect(r.X, r.Y, r.W, r.H);
      const at = epoch(), now = hash(words(c));
      if (now !== follower.hash) { follower.hash = now; follower.since = at; }
      setTimeout(look, pace);
    };
    look();
  };
  bench.stopFollowing = () => { if (bench.follower) bench.follower.stopped = true; };

  /** The whole picture as a PNG in base64, to see what differs. */
  bench.picture = async () => {
    const c = reader(width, height, false);
    compose(c, 0, 0);
    const bytes = new Uint8Array(await (await c.canvas.convertToBlob({ type: 'image/png' })).arrayBuffer());
    let text = '';
    for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
    return btoa(text);
  };

  window.besideBench = bench;
})
