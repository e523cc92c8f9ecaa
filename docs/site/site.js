// What the pages do: dark and light, search, the menu on narrow screens, copying, and where one is on the page.
(() => {
  const root = document.documentElement, base = root.dataset.root;
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // ---- Dark and light: as the system has it, until a visitor has chosen.
  const dark = () => getComputedStyle(root).colorScheme === 'dark' ||
    (root.dataset.theme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches);
  one('.theme').addEventListener('click', () => {
    root.dataset.theme = dark() ? 'light' : 'dark';
    try { localStorage.setItem('theme', root.dataset.theme); } catch { /* without storage it is for this page only */ }
    dispatchEvent(new CustomEvent('theme'));
  });

  // ---- The menu
  const menu = one('.menu'), contents = one('.contents');
  const show = open => {
    contents.classList.toggle('open', open);
    menu.setAttribute('aria-expanded', open);
    document.body.style.overflow = open ? 'hidden' : '';
  };
  menu.addEventListener('click', () => show(!contents.classList.contains('open')));
  matchMedia('(max-width: 56rem)').addEventListener('change', () => show(false));  // as in style.css: wider, there is no menu
  contents.addEventListener('click', event => { if (event.target.closest('a')) show(false); });
  const here = one('[aria-current="page"]', contents);
  if (here && here.offsetTop > contents.clientHeight) contents.scrollTop = here.offsetTop - contents.clientHeight / 2;

  // ---- A place in the playground moves while the parts above it are drawn: it is kept in view until the visitor moves.
  const playground = one('.playground'), wanted = playground && location.hash && document.getElementById(location.hash.slice(1));
  if (wanted && playground.contains(wanted)) {
    const keep = new ResizeObserver(() => wanted.scrollIntoView({ behavior: 'instant' }));
    keep.observe(playground);
    for (const event of ['wheel', 'touchstart', 'pointerdown', 'keydown']) addEventListener(event, () => keep.disconnect(), { once: true, passive: true });
  }

  // ---- Copying
  for (const pre of all('main pre')) {
    if (pre.matches('.prints, .declaration') || pre.closest('.source')) continue;
    const box = document.createElement('div');
    box.className = 'copyable';
    pre.before(box);
    box.append(pre);
    const button = Object.assign(document.createElement('button'), { className: 'copy', type: 'button', textContent: 'Copy' });
    button.addEventListener('click', async () => {
      // There is no clipboard on a page that came by plain http, and a browser may refuse.
      const copied = await navigator.clipboard?.writeText(one('code', pre).textContent).then(() => true, () => false);
      button.textContent = copied ? 'Copied' : 'Not allowed';
      setTimeout(() => { button.textContent = 'Copy'; }, 1500);
    });
    box.append(button);
  }

  // ---- Only a box that scrolls needs the keyboard.
  const boxes = all('main :is(pre, .table, .equations)').filter(box => box.hasAttribute('tabindex'));
  const stops = () => {
    const scrolls = boxes.map(box => box.scrollWidth > box.clientWidth);
    boxes.forEach((box, i) => { if (scrolls[i]) box.tabIndex = 0; else box.removeAttribute('tabindex'); });
  };
  stops();
  document.fonts.ready.then(stops);
  addEventListener('resize', stops);

  // ---- Where one is on the page
  const marks = all('.toc a').map(link => ({ link, heading: document.getElementById(decodeURIComponent(link.hash.slice(1))) })).filter(mark => mark.heading);
  if (marks.length) {
    const follow = () => {
      let last = 0;
      marks.forEach(({ heading }, i) => { if (heading.getBoundingClientRect().top < innerHeight / 4) last = i; });
      marks.forEach(({ link }, i) => link.parentElement.classList.toggle('seen', i === last));
    };
    addEventListener('scroll', follow, { passive: true });
    follow();
  }

  // ---- Search. The texts are loaded when they are first asked for, by a script, since a page from a file may not fetch.
  const dialog = one('dialog.search'), input = one('input', dialog), list = one('#found'), hint = one('.hint', dialog);
  let engine, loading;
  const load = name => new Promise((done, failed) => {
    document.head.append(Object.assign(document.createElement('script'), { src: base + name, onload: done, onerror: failed }));
  });
  // LayerNormLstm is also found as layer, norm and lstm; weight_ih as weight and ih; a plug-in as a plugin.
  const words = text => [...(text.match(/\p{L}+(?:-\p{L}+)+/gu) ?? []).map(word => word.replaceAll('-', '')),
    ...text.split(/[^\p{L}\p{N}_]+/u).flatMap(word => [word, ...(/[a-z][A-Z]|_/.test(word) ? word.split(/_|(?<=[a-z])(?=[A-Z])/) : [])])].filter(Boolean);
  const prepare = () => loading ??= Promise.all([load('minisearch.js'), load('search-index.js')]).then(() => {
    engine = new MiniSearch({
      fields: ['title', 'page', 'names', 'text'], storeFields: ['title', 'page', 'to', 'kind', 'text'], tokenize: words,
      searchOptions: { boost: { title: 6, page: 3, names: 2 }, prefix: true, fuzzy: term => term.length > 4 ? 0.2 : false, combineWith: 'AND' },
    });
    engine.addAll(window.recurTexts);
  }).catch(error => { loading = undefined; throw error; });
  const escape = text => text.replace(/[&<>"]/g, c => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]);
  function excerpt(text, terms) {
    const term = new RegExp(`(${terms.map(t => t.replace(/[^\w]/g, '\\$&')).join('|') || '$'})`, 'i');
    const found = Math.max(0, text.search(term) - 60);
    const at = found ? text.indexOf(' ', found) + 1 : 0;
    const part = (at ? '… ' : '') + text.slice(at, at + 220);
    return part.split(term).map((piece, i) => i % 2 ? `<mark>${escape(piece)}</mark>` : escape(piece)).join('');
  }
  let chosen = -1;
  function choose(i) {
    const items = all('li', list);
    if (!items.length) {
      chosen = -1;
      input.removeAttribute('aria-activedescendant');
      return;
    }
    chosen = (i + items.length) % items.length;
    items.forEach((item, n) => item.setAttribute('aria-selected', n === chosen));
    input.setAttribute('aria-activedescendant', items[chosen].id);
    items[chosen].scrollIntoView({ block: 'nearest' });
  }
  async function search() {
    const query = input.value.trim();
    if (!query) {
      list.innerHTML = '';
      hint.textContent = 'Names of the library, the guide, and how to do things.';
      return choose(0);
    }
    try {
      await prepare();
    } catch {
      hint.textContent = 'The texts could not be loaded.';
      return;
    }
    if (query !== input.value.trim()) return;  // a later keystroke asks for something else
    let found = engine.search(query);
    if (!found.length) found = engine.search(query, { combineWith: 'OR' });
    const exact = query.toLowerCase();
    found.forEach(one => { if (one.title.toLowerCase() === exact) one.score *= 10; });
    found = found.sort((a, b) => b.score - a.score).slice(0, 12);
    list.innerHTML = found.map((one, i) => `<li role="option" id="found-${i}" aria-selected="false"><a href="${base}${one.to}" tabindex="-1"><span class="where">${escape(one.page)}</span><span class="title${one.kind ? ' code' : ''}">${escape(one.title)}</span><span class="excerpt">${excerpt(one.text, one.queryTerms)}</span></a></li>`).join('');
    hint.textContent = found.length ? '' : `Nothing has “${query}” in it.`;
    choose(0);
  }
  const open = () => {
    show(false);
    if (!dialog.open) dialog.showModal();
    input.select();
    if (!engine) hint.textContent = 'Loading …';
    prepare().then(search, () => { hint.textContent = 'The texts could not be loaded.'; });
  };
  one('.search-open').addEventListener('click', open);
  input.addEventListener('input', search);
  dialog.addEventListener('click', event => { if (event.target === dialog || event.target.closest('li a')) dialog.close(); });
  dialog.addEventListener('keydown', event => {
    if (event.key === 'Escape') { event.preventDefault(); dialog.close(); }  // at once, also if there is a text to clear
    if (event.key === 'ArrowDown') { event.preventDefault(); choose(chosen + 1); }
    if (event.key === 'ArrowUp') { event.preventDefault(); choose(chosen - 1); }
    if (event.key === 'Enter' && event.target === input) {
      const link = one('li[aria-selected="true"] a', list);
      event.preventDefault();
      if (link) { dialog.close(); location.href = link.href; }
    }
  });
  addEventListener('keydown', event => {
    const typing = event.target.closest?.('input, textarea, select, [contenteditable]');
    if ((event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) || (event.key === 'k' && (event.ctrlKey || event.metaKey))) {
      event.preventDefault();
      open();
    }
    if (event.key === 'Escape' && contents.classList.contains('open')) { show(false); menu.focus(); }
  });
})();
