// The search over contrast4jIndex, which is fetched when it is first needed. It is a script, because a page that was opened
// from a disk may load scripts, but no data.
(() => {
  'use strict';
  const MOST = 20, MOST_OF_A_PAGE = 5, BEFORE = 60, LENGTH = 190;
  const root = document.documentElement.dataset.root;
  const field = document.querySelector('#site-search');
  const list = document.querySelector('#site-found');
  let sections = null;

  // --- finding -------------------------------------------------------------------------------------------------------

  function prepare(index) {
    return index.flatMap((page) => page.sections.map(([anchor, heading, text], i) => ({
      page: page.page, group: page.group, title: page.title, anchor, heading, text, first: i === 0,
      lowTitle: page.title.toLowerCase(), lowHeading: heading.toLowerCase(), lowText: text.toLowerCase(),
    })));
  }

  const isLetter = (letter) => letter !== undefined && /[\p{L}\p{N}]/u.test(letter);

  // 0: not in it; 1: within a word; 2: a word begins with it; 3: it is a word. With the place of the best.
  function rate(text, term) {
    let best = 0, at = -1, count = 0;
    for (let i = text.indexOf(term); i >= 0 && count < 50; i = text.indexOf(term, i + term.length)) {
      count++;
      const begins = !isLetter(text[i - 1]) || !isLetter(term[0]);
      const ends = !isLetter(text[i + term.length]) || !isLetter(term[term.length - 1]);
      const rated = begins ? (ends ? 3 : 2) : 1;
      if (rated > best) [best, at] = [rated, i];
    }
    return { best, at, count };
  }

  // More for a text that has the term often, and for a short one.
  const density = ({ best, count }, length) => (best ? 2 * best + (4 * count) / (count + 0.5 + length / 600) : 0);

  // Every term must be somewhere. A page's title counts most, and for its first section; then headings, then text.
  function score(section, terms) {
    let sum = 0, own = false, at = -1, last = 0;
    for (const term of terms) {
      const title = rate(section.lowTitle, term).best;
      const heading = section.first ? 0 : rate(section.lowHeading, term).best;
      const text = rate(section.lowText, term);
      const points = (section.first ? 100 : 4) * title + 30 * heading + density(text, section.text.length);
      if (points === 0) return null;
      own ||= (section.first && title > 0) || heading > 0 || text.best > 0;
      if (text.best > last) [last, at] = [text.best, text.at];
      sum += points;
    }
    if (terms.length > 1 && section.lowText.includes(terms.join(' '))) sum += 12;
    if (terms.length > 1 && section.lowHeading.includes(terms.join(' '))) sum += 60;
    return own ? { section, sum, at } : null;
  }

  function find(query) {
    const terms = [...new Set(query.toLowerCase().split(/\s+/).filter(Boolean))];
    if (terms.length === 0) return [];
    const hits = sections.map((section) => score(section, terms)).filter(Boolean).sort((a, b) => b.sum - a.sum);
    const ofPage = new Map();
    return hits.filter(({ section }) => {
      const count = (ofPage.get(section.page) ?? 0) + 1;
      ofPage.set(section.page, count);
      return count <= MOST_OF_A_PAGE;
    }).slice(0, MOST).map(({ section, at }) => ({ ...section, snippet: snippet(section.text, at), terms }));
  }

  function snippet(text, at) {
    let from = Math.max(0, at - BEFORE);
    if (from > 0) from = text.indexOf(' ', from) + 1 || from;
    if (from > at && at >= 0) from = at;
    let to = Math.min(text.length, from + LENGTH);
    if (to < text.length) to = Math.max(text.lastIndexOf(' ', to), from + 1);
    return (from > 0 ? '… ' : '') + text.slice(from, to) + (to < text.length ? ' …' : '');
  }

  // --- showing -------------------------------------------------------------------------------------------------------

  function marked(text, terms, className) {
    const span = document.createElement('span');
    span.className = className;
    const pattern = terms.map((term) => term.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).sort((a, b) => b.length - a.length).join('|');
    text.split(new RegExp(`(${pattern})`, 'gi')).forEach((part, i) => {
      if (i % 2 === 0) return span.append(part);
      const mark = document.createElement('mark');
      mark.textContent = part;
      span.append(mark);
    });
    return span;
  }

  function show() {
    if (sections === null) return;
    const hits = find(field.value);
    list.replaceChildren(...hits.map((hit, i) => {
      const link = document.createElement('a');
      link.id = `site-found-${i}`;
      link.href = root + hit.page.split('/').map(encodeURIComponent).join('/') + (hit.first ? '' : '#' + encodeURIComponent(hit.anchor));
      link.setAttribute('role', 'option');
      link.tabIndex = -1;
      const where = marked(hit.first ? hit.title : hit.heading, hit.terms, 'where');
      const page = document.createElement('span');
      page.className = 'dim';
      page.textContent = ' · ' + (hit.first ? hit.group : hit.title);
      where.append(page);
      link.append(where, marked(hit.snippet, hit.terms, 'snippet'));
      return link;
    }));
    if (hits.length === 0 && field.value.trim()) {
      const nothing = document.createElement('p');
      nothing.textContent = 'Nothing has all of these words.';
      list.append(nothing);
    }
    if (globalThis.contrast4jApi && field.value.trim()) list.append(javadoc(globalThis.contrast4jApi));
    open(field.value.trim() !== '');
    choose(hits.length > 0 ? 0 : -1);
  }

  // Classes and methods are found by the Javadoc's own search.
  function javadoc(address) {
    const line = document.createElement('p'), link = document.createElement('a');
    line.className = 'javadoc';
    link.href = root + address + (address.endsWith('=') ? encodeURIComponent(field.value.trim()) : '');
    link.textContent = 'Search classes and methods in the Javadoc';
    line.append(link);
    return line;
  }

  function open(is) {
    list.hidden = !is;
    field.setAttribute('aria-expanded', String(is));
  }

  const links = () => [...list.querySelectorAll('a[role=option]')];
  const chosen = () => links().findIndex((link) => link.getAttribute('aria-selected') === 'true');

  function choose(number) {
    links().forEach((link, i) => link.setAttribute('aria-selected', String(i === number)));
    if (number >= 0) {
      field.setAttribute('aria-activedescendant', `site-found-${number}`);
      links()[number].scrollIntoView({ block: 'nearest' });
    } else {
      field.removeAttribute('aria-activedescendant');
    }
  }

  // --- doing ---------------------------------------------------------------------------------------------------------

  let asked = false;
  function load() {
    if (asked) return;
    asked = true;
    const script = document.createElement('script');
    script.src = root + 'index.js';
    script.onload = () => {
      sections = prepare(globalThis.contrast4jIndex);
      show();
    };
    document.head.append(script);
  }

  field.addEventListener('focus', () => { load(); show(); });
  field.addEventListener('input', show);
  field.addEventListener('keydown', (event) => {
    const count = links().length;
    if (event.key === 'Escape') {
      open(false);
      field.blur();
    } else if ((event.key === 'ArrowDown' || event.key === 'ArrowUp') && count > 0) {
      event.preventDefault();
      choose((chosen() + (event.key === 'ArrowDown' ? 1 : count - 1)) % count);
    } else if (event.key === 'Enter' && !list.hidden && chosen() >= 0) {
      event.preventDefault();
      links()[chosen()].click();
    }
  });
  list.addEventListener('click', (event) => {
    if (event.target.closest('a')) {
      open(false);
      field.blur();
    }
  });
  document.addEventListener('pointerdown', (event) => {
    if (!event.target.closest('.search')) open(false);
  });
  document.addEventListener('keydown', (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (event.key === '/' && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      field.focus();
      field.select();
    }
  });
})();
