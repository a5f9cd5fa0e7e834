// The accessible page: it draws what the agent says, word for word, and sends presses.
// Every word is put in as text; the page's policy forbids anything else.
'use strict';
(() => {
  const $ = id => document.getElementById(id);
  const heading = $('heading'), alert = $('alert'), status = $('status'), sections = $('sections');
  const words = document.body.dataset;

  const post = (path, body, signal) => fetch(path, {
    method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body),
    credentials: 'same-origin', cache: 'no-store', redirect: 'error', signal,
  });

  // put changes a text only when it is another one: what is read out is what changed.
  const put = (node, text) => { if (node.textContent !== text) node.textContent = text; };

  const make = (tag, parent, attributes = {}) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    parent.append(node);
    return node;
  };

  // keep brings the children of parent to the wanted ones, each by its key and in order.
  const keep = (parent, wanted, keyOf, create, fill) => {
    const old = new Map([...parent.children].map(node => [node.dataset.key, node]));
    let at = parent.firstElementChild;
    wanted.forEach((want, i) => {
      const key = keyOf(want, i);
      let node = old.get(key);
      if (node) old.delete(key); else { node = create(want); node.dataset.key = key; }
      if (node === at) at = at.nextElementSibling; else parent.insertBefore(node, at);
      fill(node, want);
    });
    for (const node of old.values()) node.remove();
  };

  // Times are counted here, by this machine's monotonic clock.
  const clock = ms => {
    const s = Math.max(Math.floor(ms / 1000), 0), two = n => String(n).padStart(2, '0');
    return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
  };
  const told = new Set(); // the seconds at which a countdown was read out
  const tell = node => {
    const passed = performance.now() - node.besideFrom, down = node.besideDown;
    const ms = down ? Math.max(node.besideMs - passed, 0) + 999 : node.besideMs + passed;
    const text = node.besideText.replace('{time}', clock(ms));
    put(node, text);
    const left = Math.floor(ms / 1000);
    if (down && [60, 30, 10].includes(left)) {
      const once = node.closest('section').dataset.nonce + left;
      if (node.closest('[role=alertdialog]') && !told.has(once)) { told.add(once); put(status, text); }
    }
  };
  const arm = node => {
    const off = node.besideMs < 0 || performance.now() < node.besideFrom + node.besideMs;
    if ((node.getAttribute('aria-disabled') === 'true') !== off) node.setAttribute('aria-disabled', String(off));
  };
  setInterval(() => {
    for (const node of document.querySelectorAll('[data-kind=clock]')) tell(node);
    for (const node of document.querySelectorAll('button')) arm(node);
  }, 200);

  const lines = (parent, list) => keep(parent, list, (line, i) => `${i} ${line}`, () => document.createElement('li'), put);
  const blocks = {
    p: (node, b) => { put(node, b.text); node.classList.toggle('warn', !!b.warn); },
    quote: (node, b) => put(node, b.text),
    list: (node, b) => lines(node, b.lines || []),
    rows: (node, b) => keep(node, b.rows, row => row[0], () => {
      const div = document.createElement('div');
      make('dt', div); make('dd', div);
      return div;
    }, (div, row) => { put(div.children[0], row[0]); put(div.children[1], row[1]); }),
    // The number is read out digit by digit, with a rest after each group.
    code: (node, b) => { put(node.children[0], b.lines.join(' ')); put(node.children[1], b.text.replace('{digits}', b.lines.map(g => [...g].join(' ')).join(', '))); },
    clock: (node, b) => { Object.assign(node, {besideText: b.text, besideMs: b.ms || 0, besideDown: !!b.down, besideFrom: performance.now()}); tell(node); },
  };
  const tags = {p: 'p', quote: 'blockquote', list: 'ul', rows: 'dl', code: 'p', clock: 'p'};

  const createBlock = b => {
    const node = document.createElement(tags[b.kind]);
    node.dataset.kind = b.kind;
    if (b.kind === 'code') { make('span', node, {'aria-hidden': 'true', class: 'digits'}); make('span', node, {class: 'unseen'}); }
    return node;
  };

  const createButton = want => {
    const node = document.createElement('button');
    node.type = 'button';
    node.addEventListener('click', () => press(node));
    // Enter may be meant for whatever was typed a moment before: it never gives.
    for (const kind of ['keydown', 'keypress']) {
      node.addEventListener(kind, e => {
        if (e.key !== 'Enter' || !node.besideSpace) return;
        e.preventDefault();
        if (kind === 'keydown' && !e.repeat && node.getAttribute('aria-disabled') !== 'true') put(alert, show.space.replace('{verb}', () => node.textContent));
      });
    }
    return node;
  };
  const fillButton = (node, b) => {
    put(node, b.text);
    node.className = b.look || '';
    if (b.look === 'chosen') node.setAttribute('aria-pressed', 'true'); else node.removeAttribute('aria-pressed');
    // What asks first opens by any key: its yes is what Enter does not press.
    Object.assign(node, {besidePress: b.press, besideAsk: b.ask, besideSpace: !!b.space && !b.ask, besideMs: b.ms || 0, besideFrom: performance.now()});
    arm(node);
  };

  const press = node => {
    if (node.getAttribute('aria-disabled') === 'true') return;
    if (node.besideDo) return node.besideDo();
    if (node.besideAsk) return node.closest('section').querySelector('.ask').besideOpen(node);
    send(node.besidePress, node.closest('section').dataset.nonce || '');
  };
  const send = async (press, nonce) => {
    put(alert, '');
    try {
      const answer = await post('press', {press, nonce});
      if (!answer.ok) return lose(words.lost);
      put(alert, (await answer.json()).say);
    } catch { /* the poll finds out whether anybody is there */ }
  };

  // What cannot be taken back is asked about first, below the buttons. No has the focus, and
  // Escape is no; the yes is a press of what asked.
  const asking = (node, id) => {
    const box = make('div', node, {class: 'ask', role: 'group', 'aria-labelledby': 'q-' + id, hidden: ''});
    let from = null;
    const close = () => { box.hidden = true; box.replaceChildren(); (from?.isConnected ? from : heading).focus(); from = null; };
    box.besideOpen = button => {
      const {besideAsk: ask, besidePress: press} = from = button;
      box.replaceChildren();
      put(make('p', box, {id: 'q-' + id, class: 'warn'}), ask.text);
      const row = make('div', box, {class: 'buttons'}), no = createButton(), yes = createButton();
      fillButton(no, {press: '', text: ask.no});
      fillButton(yes, {press, text: ask.yes, look: 'danger', space: true});
      no.besideDo = close;
      yes.besideDo = () => { close(); send(press, ''); };
      row.append(no, yes);
      box.hidden = false;
      no.focus();
    };
    box.addEventListener('keydown', e => { if (e.key === 'Escape') close(); });
    // What asked is gone, and with it the question.
    box.besideCheck = () => { if (from && !from.isConnected) close(); };
  };

  const createSection = s => {
    const node = document.createElement('section');
    node.className = s.id;
    make('h2', node, {id: 'h-' + s.id});
    const body = make('div', node, {id: 'b-' + s.id});
    node.setAttribute('aria-labelledby', 'h-' + s.id);
    if (s.role === 'log') { body.setAttribute('role', 'log'); body.setAttribute('aria-labelledby', 'h-' + s.id); body.tabIndex = 0; }
    if (s.role === 'question') { node.setAttribute('role', 'alertdialog'); node.setAttribute('aria-describedby', 'b-' + s.id); }
    make('div', node, {class: 'buttons'}); asking(node, s.id); make('div', node, {class: 'hints'});
    if (s.write) writing(node, s.id);
    return node;
  };

  // A plain field, so that every input method works in it. Enter is a new line, or the input
  // method's own; the button sends.
  const writing = (node, id) => {
    const box = make('div', node, {class: 'write'});
    make('label', box, {for: 'w-' + id});
    const field = make('textarea', box, {id: 'w-' + id, rows: '3', autocomplete: 'off'});
    const said = make('p', box, {role: 'alert', class: 'warn'}), row = make('div', box, {class: 'buttons'});
    const add = action => { const b = make('button', row); b.type = 'button'; b.besideMs = 0; b.addEventListener('click', () => { if (b.getAttribute('aria-disabled') !== 'true') action(); }); return b; };
    const ask = doubt => { dont.hidden = anyway.hidden = !doubt; send.hidden = doubt; field.readOnly = doubt || box.besideOff; };
    const post_ = async sure => {
      try {
        const answer = await post(box.besideTo, {text: field.value, sure});
        if (!answer.ok) return lose(words.lost);
        const {say, done, doubt = false} = await answer.json();
        put(said, say);
        if (!say && !box.besideStays) field.value = '';
        if (done) put(status, done);
        if (doubt) { Object.assign(anyway, {besideMs: 1200, besideFrom: performance.now()}); arm(anyway); }
        ask(doubt);
        (doubt ? dont : field).focus();
      } catch { /* the poll finds out whether anybody is there */ }
    };
    const dont = add(() => { ask(false); put(said, ''); field.focus(); });
    const anyway = add(() => post_(true));
    const send = add(() => post_(false));
    dont.hidden = anyway.hidden = true;
    box.besideFill = w => {
      Object.assign(box, {besideTo: w.to, besideStays: !!w.stays});
      put(box.firstChild, w.label); put(send, w.send); put(dont, w.dont || ''); put(anyway, w.anyway || '');
      field.maxLength = w.most; box.besideOff = !!w.off;
      if (send.hidden === false) field.readOnly = box.besideOff;
    };
  };
  const fillSection = (node, s) => {
    const [title, body, buttons, ask, hints] = node.children;
    put(title, s.heading || '');
    node.dataset.nonce = s.nonce || '';
    keep(body, s.blocks || [], (b, i) => b.kind + i, createBlock, (n, b) => blocks[b.kind](n, b));
    keep(buttons, s.buttons || [], b => b.press, createButton, fillButton);
    ask.besideCheck();
    keep(hints, s.hints || [], (h, i) => String(i), () => document.createElement('p'), put);
    if (s.write) node.lastChild.besideFill(s.write);
  };

  let asked = '';
  const show = v => {
    document.documentElement.lang = v.lang;
    put(heading, v.heading);
    document.title = v.heading + ' – Beside';
    const question = v.sections.find(s => s.role === 'question');
    const before = document.activeElement, left = before?.closest?.('[role=alertdialog]');
    // A question is a new one with each nonce, even in the same words.
    keep(sections, v.sections, s => s.role === 'question' ? s.nonce : s.id, createSection, fillSection);
    if (question && question.nonce !== asked) (document.querySelector('[role=alertdialog] button') || heading).focus();
    else if (!question && left || before?.isConnected === false) heading.focus(); // what had the focus is gone
    if (!question || question.nonce !== asked) put(status, v.status);
    asked = question ? question.nonce : '';
    show.space = v.space;
    if (show.alert !== v.alert) put(alert, show.alert = v.alert);
  };

  const lose = text => {
    lose.done = true;
    for (const node of document.querySelectorAll('button')) { node.besideMs = -1; arm(node); }
    for (const node of document.querySelectorAll('[data-kind=clock]')) node.remove();
    document.querySelector('[role=alertdialog]')?.remove();
    put(alert, text);
  };

  const follow = async () => {
    for (let seen = 0, failed = 0; !lose.done;) {
      try {
        const answer = await post('next', {seen}, AbortSignal.timeout(40000));
        if (answer.status === 403) return lose(words.used);
        if (answer.status === 200) { const {version, view} = await answer.json(); seen = version; show(view); }
        failed = 0;
      } catch {
        if (++failed >= 3) return lose(words.lost);
        await new Promise(done => setTimeout(done, 400));
      }
    }
  };

  const enter = async () => {
    const token = location.hash.slice(1);
    history.replaceState(null, '', location.pathname);
    try {
      const answer = token ? await post('/enter', {token}) : null;
      if (answer?.ok) return location.replace((await answer.json()).path);
    } catch { /* said below */ }
    put(heading, words.used);
  };

  if (words.door === 'true') enter(); else follow();
})();
