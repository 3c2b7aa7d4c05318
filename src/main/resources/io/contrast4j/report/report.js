(function () {
  'use strict';
  const data = JSON.parse(document.getElementById('data').textContent);
  const runs = data.runs;
  const alone = runs.length === 1;
  const COLOURS = 10;
  const DASHES = ['', '6 3', '2 3', '8 3 2 3', '1 2'];
  const tip = document.getElementById('tip');

  // --- Elements -------------------------------------------------------------------------------------------------------
  function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === false || value === undefined) continue;
      if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value === true ? '' : value);
    }
    node.append(...children.flat().filter(child => child !== null && child !== undefined));
    return node;
  }
  function el(tag, attributes, ...children) {
    return fill(document.createElement(tag), attributes, children);
  }
  function svg(tag, attributes, ...children) {
    return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
  }
  function colour(number) {
    return 'var(--c' + number % COLOURS + ')';
  }
  function number(value) {
    if (value === null || value === undefined || Number.isNaN(value)) return '–';
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(2).replace('e+', 'e');
    if (size >= 1000) return Math.round(value).toLocaleString('en');
    return String(Number(value.toPrecision(4)));
  }
  function toggle(button, on) {
    button.setAttribute('aria-pressed', String(on));
  }
  function showTip(event, ...content) {
    tip.replaceChildren(...content);
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    const right = event.clientX + 16 + box.width > innerWidth;
    tip.style.left = Math.max(4, right ? event.clientX - 16 - box.width : event.clientX + 16) + 'px';
    tip.style.top = Math.max(4, Math.min(event.clientY + 16, innerHeight - box.height - 4)) + 'px';
  }
  function hideTip() {
    tip.hidden = true;
  }

  // --- Head and results -----------------------------------------------------------------------------------------------
  function badge(run) {
    return el('span', { class: 'badge ' + run.status }, run.status);
  }
  /** The tables that a sweep's page begins with. */
  function comparison() {
    const top = document.getElementById('top');
    top.append(el('h1', {}, data.comparison.title), ...data.comparison.tables.flatMap((table, i) => [
      el('h2', {}, table.title),
      el('div', { class: 'card scroll' }, el('table', { id: 'comparison-' + i },
        el('thead', {}, el('tr', {}, table.columns.map(name => el('th', {}, name)))),
        el('tbody', {}, table.rows.map(row => el('tr', {}, row.map((cell, k) =>
          el(k === 0 ? 'th' : 'td', {}, cell === '' ? '–' : cell)))))))]));
  }
  function head() {
    const top = document.getElementById('top');
    const heading = data.comparison ? 'h2' : 'h1';
    if (data.comparison) comparison();
    if (alone) {
      const run = runs[0];
      top.append(el(heading, {}, run.title, badge(run)), el('div', { class: 'dim mono' }, run.folder),
        el('dl', { class: 'facts' }, Object.entries(run.facts).map(([name, value]) =>
          el('div', {}, el('dt', {}, name), el('dd', {}, value)))));
      return;
    }
    const facts = [...new Set(runs.flatMap(run => Object.keys(run.facts)))];
    top.append(el(heading, {}, runs.length + ' runs compared'),
      el('div', { class: 'card scroll' }, el('table', { id: 'runs' },
        el('thead', {}, el('tr', {}, el('th', {}, 'Run'), el('th', {}, 'State'), facts.map(name => el('th', {}, name)))),
        el('tbody', {}, runs.map((run, i) => el('tr', {},
          el('th', {}, el('span', { class: 'swatch', style: 'background:' + colour(i) }), run.title),
          el('td', {}, run.status), facts.map(name => el('td', {}, run.facts[name] || '–'))))))));
  }
  function results() {
    const section = document.getElementById('results');
    const measures = [...new Set(runs.flatMap(run => run.results.measures))];
    if (measures.length === 0) {
      section.append(el('p', { class: 'note' }, 'There is no final evaluation yet.'));
      return;
    }
    const rows = runs.flatMap((run, i) => Object.entries(run.results.rows).map(([judged, values]) =>
      ({ run, i, judged, values })));
    const best = {};
    for (const measure of measures) {
      best[measure] = Math.max(...rows.map(row => row.values[measure] ?? -Infinity));
    }
    section.append(el('div', { class: 'card scroll' }, el('table', { id: 'accuracies' },
      el('thead', {}, el('tr', {}, alone ? null : el('th', {}, 'Run'), el('th', {}, 'Top-1 accuracy in %'),
        measures.map(measure => el('th', { class: 'number' }, measure)))),
      el('tbody', {}, rows.map(row => el('tr', {},
        alone ? null : el('td', {}, el('span', { class: 'swatch', style: 'background:' + colour(row.i) }), row.run.title),
        el('th', {}, row.judged),
        measures.map(measure => {
          const value = row.values[measure];
          return el('td', { class: 'number' + (value === best[measure] ? ' best' : '') },
            value === undefined ? '–' : [
              el('span', { class: 'track' },
                el('span', { class: 'bar', style: 'width:' + Math.round(value) + 'px;background:' + colour(row.i) })),
              value.toFixed(2)]);
        })))))));
  }

  // --- Where the time went ---------------------------------------------------------------------------------------------
  function duration(seconds) {
    if (seconds < 60) return seconds.toFixed(1) + ' s';
    return seconds < 3600 ? (seconds / 60).toFixed(1) + ' min' : (seconds / 3600).toFixed(1) + ' h';
  }
  function profile() {
    const section = document.getElementById('profile');
    const having = runs.filter(run => run.profile);
    section.hidden = having.length === 0;
    if (section.hidden) return;
    const stages = [...new Set(having.flatMap(run => Object.keys(run.profile.seconds)))];
    const card = el('div', { class: 'card' }, having.map(run => {
      const total = Object.values(run.profile.seconds).reduce((sum, seconds) => sum + seconds, 0);
      const shown = stages.map((stage, i) => ({ stage, colour: colour(i), seconds: run.profile.seconds[stage] || 0 }))
        .filter(part => part.seconds / total >= 0.0005);
      const percent = part => (100 * part.seconds / total).toFixed(1) + ' %';
      return el('div', { class: 'profile' },
        el('p', { class: 'verdict' }, alone ? null : run.title + ': ',
          el('strong', {}, Math.round(100 * run.profile.attained) + ' %'), ' of the attainable '
          + number(Math.round(run.profile.attainable)) + ' images/s in ' + duration(total) + '.'),
        el('div', { class: 'stack' }, shown.map(part => el('span', {
          style: 'flex:' + part.seconds / total + ' 0 0;background:' + part.colour, 'data-stage': part.stage,
          onpointermove: event => showTip(event, part.stage + ' ' + percent(part) + ', ' + duration(part.seconds)),
          onpointerleave: hideTip }))),
        el('div', { class: 'shares' }, shown.map(part => el('span', {},
          el('span', { class: 'swatch', style: 'background:' + part.colour }), part.stage + ' ',
          el('span', { class: 'dim' }, percent(part))))));
    }));
    section.append(el('p', { class: 'note' }, 'All time from the first step to the last. The attainable rate is that of the'
      + ' steps alone: copies to the device, forward, backward, optimizer and commit, without waiting for data, logging,'
      + ' evaluations and checkpoints.'), card);
  }

  // --- Curves ---------------------------------------------------------------------------------------------------------
  const WIDTH = 560, HEIGHT = 270, LEFT = 56, RIGHT = 24, TOP = 12, BOTTOM = 28;
  const state = { smoothing: 0, hiddenRuns: new Set(), charts: [] };

  /** Exponential averages, corrected for their beginning; gaps stay gaps. */
  function smoothed(values, weight) {
    let sum = 0, total = 0;
    return values.map(value => {
      if (value === null) return null;
      sum = weight * sum + (1 - weight) * value;
      total = weight * total + (1 - weight);
      return sum / total;
    });
  }
  function steps(low, high, count) {
    const raw = (high - low) / count || 1;
    const power = Math.pow(10, Math.floor(Math.log10(raw)));
    const step = [1, 2, 5, 10].map(f => f * power).find(s => s >= raw * 0.999);
    const ticks = [];
    for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) ticks.push(i * step);
    return ticks;
  }
  function logSteps(low, high) {
    const ticks = [];
    const from = Math.floor(Math.log10(low)), to = Math.ceil(Math.log10(high));
    const factors = to - from > 5 ? [1] : to - from > 2 ? [1, 3] : [1, 2, 5];
    const stride = Math.max(1, Math.ceil((to - from) / 8));
    for (let e = from; e <= to; e += stride) {
      for (const f of factors) {
        const tick = f * Math.pow(10, e);
        if (tick >= low * 0.999 && tick <= high * 1.001) ticks.push(tick);
      }
    }
    return ticks.length > 1 ? ticks : [low, high];
  }
  function path(points) {
    let text = '', open = false;
    for (const point of points) {
      if (point === null) { open = false; continue; }
      text += (open ? 'L' : 'M') + point[0].toFixed(1) + ' ' + point[1].toFixed(1);
      open = true;
    }
    return text;
  }
  /** The position in a sorted list that is nearest to a value. */
  function nearest(sorted, value) {
    let low = 0, high = sorted.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle] < value) low = middle + 1; else high = middle;
    }
    return low > 0 && value - sorted[low - 1] <= sorted[low] - value ? low - 1 : low;
  }

  class Chart {
    constructor(plan) {
      this.plan = plan;
      this.log = false;
      this.hidden = new Set(this.quiet());
      this.series = [];
      plan.keys.forEach((key, k) => runs.forEach((run, r) => {
        const curve = run.curves[key];
        if (!curve) return;
        this.series.push({
          key, r,
          colour: colour(alone ? k : r),
          dash: alone ? (key.startsWith('epoch.') ? DASHES[1] : '') : DASHES[k % DASHES.length],
          averaged: /^(epoch|eval|validation)\.|^time\.attain/.test(key),
          // What a schedule sets or the system counts has no noise that could be smoothed away.
          exact: /^(epoch|eval|validation)\.|^learning_rate|^time\.attain|_bytes$/.test(key),
          steps: curve.steps,
          values: curve.values.map(v => v === null ? null : v / plan.size)
        });
      }));
      this.positive = this.series.every(s => s.values.every(v => v === null || v > 0));
      this.plot = svg('svg', { class: 'plot', viewBox: '0 0 ' + WIDTH + ' ' + HEIGHT, role: 'img', 'aria-label': plan.title,
        onpointermove: event => this.hover(event), onpointerleave: () => this.leave() });
      this.logSwitch = el('button', { class: 'switch', type: 'button', 'aria-pressed': 'false', title: 'Logarithmic scale',
        onclick: () => { this.log = !this.log; this.draw(); } }, 'log');
      this.legend = el('div', { class: 'legend' }, plan.keys.map((key, k) => this.entry(key, k)));
      this.figure = el('figure', { class: 'card chart', id: 'chart-' + plan.id },
        el('div', { class: 'chart-head' }, el('h3', {}, plan.title), el('span', { class: 'dim' }, plan.unit),
          this.positive ? this.logSwitch : null),
        this.plot, this.legend);
    }
    /** What is not shown at first: means over epochs but that of the loss and, of several runs, all but the main curve. */
    quiet() {
      const keys = this.plan.keys;
      const main = keys.find(key => !key.startsWith('epoch.')) || keys[0];
      return keys.filter(key => alone ? key.startsWith('epoch.') && key !== 'epoch.loss' && key !== main
        : key !== main && keys.length > 2);
    }
    entry(key, k) {
      const line = svg('svg', { width: 18, height: 8 }, svg('line', { x1: 0, x2: 18, y1: 4, y2: 4, 'stroke-width': 2.5,
        style: 'stroke:' + (alone ? colour(k) : 'currentColor'),
        'stroke-dasharray': alone ? (key.startsWith('epoch.') ? DASHES[1] : '') : DASHES[k % DASHES.length] }));
      const button = el('button', { type: 'button', 'data-key': key, 'aria-pressed': String(!this.hidden.has(key)),
        onclick: () => {
          if (!this.hidden.delete(key)) this.hidden.add(key);
          toggle(button, !this.hidden.has(key));
          this.draw();
        } }, line, key);
      return button;
    }
    visible() {
      return this.series.filter(s => !this.hidden.has(s.key) && !state.hiddenRuns.has(s.r));
    }
    draw() {
      toggle(this.logSwitch, this.log);
      this.plot.replaceChildren();
      const shown = this.visible();
      shown.forEach(s => {
        s.smooth = s.exact || state.smoothing === 0 ? s.values : smoothed(s.values, state.smoothing);
      });
      const xs = shown.flatMap(s => [s.steps[0], s.steps[s.steps.length - 1]]);
      let low = Infinity, high = -Infinity;
      for (const s of shown) for (const v of s.values) if (v !== null) { low = Math.min(low, v); high = Math.max(high, v); }
      if (low > high) {
        this.plot.append(svg('text', { x: WIDTH / 2, y: HEIGHT / 2, 'text-anchor': 'middle' }, 'nothing to show'));
        this.x = null;
        return;
      }
      const first = Math.min(...xs), last = Math.max(...xs, first + 1);
      const log = this.log && low > 0;
      if (log) { low /= 1.05; high *= 1.05; } else {
        // From zero where zero is near: shares, memory, speeds are then what they look like.
        const room = (high - low) * 0.06 || Math.abs(high) * 0.05 || 1;
        low = low >= 0 && low < high * 0.6 ? 0 : low - room;
        high += room;
      }
      const f = log ? Math.log10 : v => v;
      this.x = step => LEFT + (step - first) / (last - first) * (WIDTH - LEFT - RIGHT);
      this.y = v => HEIGHT - BOTTOM - (f(v) - f(low)) / (f(high) - f(low)) * (HEIGHT - TOP - BOTTOM);
      for (const tick of log ? logSteps(low, high) : steps(low, high, 5)) {
        const y = this.y(tick);
        this.plot.append(svg('line', { class: 'gridline', x1: LEFT, x2: WIDTH - RIGHT, y1: y, y2: y }),
          svg('text', { class: 'tick-y', x: LEFT - 8, y: y + 4, 'text-anchor': 'end' }, number(tick)));
      }
      for (const tick of steps(first, last, 6)) {
        this.plot.append(svg('text', { x: this.x(tick), y: HEIGHT - 8, 'text-anchor': 'middle' }, number(tick)));
      }
      for (const s of shown) {
        const points = values => values.map((v, i) => v === null || log && v <= 0 ? null : [this.x(s.steps[i]), this.y(v)]);
        if (s.smooth !== s.values) {
          this.plot.append(svg('path', { class: 'raw', d: path(points(s.values)), style: 'stroke:' + s.colour }));
        }
        this.plot.append(svg('path', { class: 'series', d: path(points(s.smooth)), 'data-key': s.key, 'data-run': s.r,
          style: 'stroke:' + s.colour, 'stroke-dasharray': s.dash }));
        if (s.steps.length <= 40 && s.averaged || s.steps.length === 1) {
          for (const point of points(s.smooth)) {
            if (point) this.plot.append(svg('circle', { class: 'mark', cx: point[0], cy: point[1], r: 3, style: 'fill:' + s.colour }));
          }
        }
      }
      this.cursor = svg('g', {});
      this.plot.append(this.cursor);
    }
    hover(event) {
      if (!this.x) return;
      const box = this.plot.getBoundingClientRect();
      const at = (event.clientX - box.left) / box.width * WIDTH;
      const shown = this.visible();
      let step = null;
      for (const s of shown) {
        const near = s.steps[nearest(s.steps.map(this.x), at)];
        if (step === null || Math.abs(this.x(near) - at) < Math.abs(this.x(step) - at)) step = near;
      }
      this.cursor.replaceChildren(svg('line', { class: 'cursor', x1: this.x(step), x2: this.x(step), y1: TOP, y2: HEIGHT - BOTTOM }));
      const lines = shown.map(s => {
        const i = nearest(s.steps, step);
        const value = s.smooth[i];
        if (value !== null && !(this.log && value <= 0)) {
          this.cursor.append(svg('circle', { class: 'mark', cx: this.x(s.steps[i]), cy: this.y(value), r: 4, style: 'fill:' + s.colour }));
        }
        const raw = s.smooth === s.values ? '' : ' (' + number(s.values[i]) + ')';
        return el('tr', {}, el('td', {}, el('span', { class: 'swatch', style: 'background:' + s.colour }),
          s.key + (alone ? '' : ' · ' + runs[s.r].title)), el('td', {}, number(value) + (this.plan.unit ? ' ' + this.plan.unit : '') + raw));
      });
      showTip(event, el('div', { class: 'dim' }, 'step ' + step.toLocaleString('en')), el('table', {}, el('tbody', {}, lines)));
    }
    leave() {
      hideTip();
      if (this.cursor) this.cursor.replaceChildren();
    }
  }
  function curves() {
    const section = document.getElementById('curves');
    state.charts = data.charts.map(plan => new Chart(plan));
    if (state.charts.length === 0) {
      section.append(el('p', { class: 'note' }, 'Nothing has been logged yet.'));
      return;
    }
    const draw = () => state.charts.forEach(chart => chart.draw());
    const longest = Math.max(...runs.flatMap(run => Object.values(run.curves).map(curve => curve.steps.length)));
    state.smoothing = longest > 100 ? 0.6 : 0;
    const shown = el('output', { class: 'mono' }, state.smoothing.toFixed(2));
    const slider = el('input', { id: 'smoothing', type: 'range', min: 0, max: 0.99, step: 0.01, value: state.smoothing,
      oninput: () => { state.smoothing = Number(slider.value); shown.textContent = state.smoothing.toFixed(2); draw(); } });
    const all = el('button', { id: 'log-all', class: 'switch', type: 'button', 'aria-pressed': 'false', onclick: () => {
      const on = all.getAttribute('aria-pressed') !== 'true';
      toggle(all, on);
      state.charts.forEach(chart => { chart.log = on && chart.positive; });
      draw();
    } }, 'log scales');
    const legend = alone ? null : el('div', { class: 'legend', id: 'run-legend' }, runs.map((run, r) => {
      const button = el('button', { type: 'button', 'aria-pressed': 'true', 'data-run': r, onclick: () => {
        if (!state.hiddenRuns.delete(r)) state.hiddenRuns.add(r);
        toggle(button, !state.hiddenRuns.has(r));
        draw();
      } }, svg('svg', { width: 12, height: 12 }, svg('rect', { width: 12, height: 12, rx: 3, style: 'fill:' + colour(r) })), run.title);
      return button;
    }));
    section.append(el('div', { class: 'controls' }, el('label', {}, 'Smoothing', slider, shown), all, legend),
      el('div', { class: 'grid' }, state.charts.map(chart => chart.figure)));
    draw();
  }

  // --- Pictures -------------------------------------------------------------------------------------------------------
  const SHAPES = [
    (x, y, r) => svg('circle', { cx: x, cy: y, r }),
    (x, y, r) => svg('rect', { x: x - r * 0.9, y: y - r * 0.9, width: r * 1.8, height: r * 1.8 }),
    (x, y, r) => svg('path', { d: `M${x} ${y - r * 1.2}L${x + r * 1.15} ${y + r * 0.8}L${x - r * 1.15} ${y + r * 0.8}Z` }),
    (x, y, r) => svg('path', { d: `M${x} ${y - r * 1.3}L${x + r * 1.2} ${y}L${x} ${y + r * 1.3}L${x - r * 1.2} ${y}Z` })
  ];
  function sign(label, x, y, r) {
    const mark = SHAPES[Math.floor(label / COLOURS) % SHAPES.length](x, y, r);
    mark.setAttribute('style', 'fill:' + colour(label));
    return mark;
  }
  function image(picture) {
    return picture.image ? el('img', { src: picture.image, alt: picture.name, title: picture.name })
      : el('span', { class: 'missing', title: picture.name + ' cannot be read' });
  }
  function map(gallery) {
    const area = el('div', {});
    const size = 620, edge = 26;
    const xs = gallery.points.map(p => p.x), ys = gallery.points.map(p => p.y);
    const span = Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys)) || 1;
    const midX = (Math.max(...xs) + Math.min(...xs)) / 2, midY = (Math.max(...ys) + Math.min(...ys)) / 2;
    const place = (v, mid) => (v - mid) / span * (size - 2 * edge);
    // Both directions have one scale, so that distances are what they seem; the plane is no higher than its points.
    const height = Math.max(200, (Math.max(...ys) - Math.min(...ys)) / span * (size - 2 * edge) + 2 * edge);
    const plot = svg('svg', { class: 'plot', viewBox: '0 0 ' + size + ' ' + height, role: 'img',
      'aria-label': 'Held-out pictures by the two main directions of their features' });
    const name = label => gallery.classes[label] ?? 'no class';
    const dots = gallery.points.map(p => {
      const dot = sign(p.picture.label, size / 2 + place(p.x, midX), height / 2 - place(p.y, midY), 5.5);
      dot.classList.add('dot');
      dot.addEventListener('pointerenter', event => {
        dot.classList.add('on');
        showTip(event, image(p.picture), el('div', {}, el('strong', {}, name(p.picture.label))),
          el('div', { class: 'dim' }, p.picture.name));
      });
      dot.addEventListener('pointerleave', () => { dot.classList.remove('on'); hideTip(); });
      plot.append(dot);
      return { dot, label: p.picture.label };
    });
    const labels = [...new Set(gallery.points.map(p => p.picture.label))].sort((a, b) => a - b);
    const legend = el('div', { class: 'legend' }, labels.map(label => {
      const button = el('button', { type: 'button', 'aria-pressed': 'true', 'data-label': label, onclick: () => {
        const on = button.getAttribute('aria-pressed') !== 'true';
        toggle(button, on);
        dots.filter(d => d.label === label).forEach(d => { d.dot.style.display = on ? '' : 'none'; });
      } }, svg('svg', { width: 12, height: 12 }, sign(label, 6, 6, 4.5)), name(label));
      return button;
    }));
    const share = gallery.explained.map(e => (100 * e).toFixed(0) + ' %');
    area.append(el('p', { class: 'note' }, gallery.points.length + ' test pictures by the two directions in which their unit'
      + ' features (' + gallery.tap + ') vary most; they hold ' + share[0] + ' and ' + share[1]
      + ' of the variance. No label was used to place them. Point at one to see it.'),
    el('div', { class: 'card map-area' }, plot, legend));
    return area;
  }
  function neighbours(gallery) {
    const name = label => gallery.classes[label] ?? 'no class';
    const all = gallery.queries.flatMap(q => q.nearest.map(n => n.picture.label === q.picture.label));
    const cell = (picture, ...caption) => el('div', {}, image(picture), caption);
    const grid = gallery.queries.map(q => el('div', { class: 'query card' },
      fill(cell(q.picture, el('div', {}, el('strong', {}, name(q.picture.label)))), { class: 'asked' }, []),
      q.nearest.map(n => {
        const same = n.picture.label === q.picture.label;
        return cell(n.picture, el('div', { class: same ? 'same' : 'other' }, (same ? '✓ ' : '✗ ') + name(n.picture.label)),
          el('div', { class: 'dim' }, n.similarity.toFixed(3)));
      })));
    return el('div', {}, el('p', { class: 'note' }, 'Left a test picture, beside it the most similar of '
      + gallery.known + ' training pictures, with the cosine of their features. ' + all.filter(same => same).length + ' of '
      + all.length + ' neighbours are of the same class.'), el('div', { class: 'pictures' }, grid));
  }
  function pictures() {
    const having = runs.map((run, r) => r).filter(r => runs[r].gallery && runs[r].gallery.points.length > 0);
    if (having.length === 0) return;
    const sections = [['map', map], ['neighbours', neighbours]];
    const bodies = sections.map(([id, make]) => {
      const section = document.getElementById(id);
      section.hidden = id === 'neighbours' && having.every(r => runs[r].gallery.queries.length === 0);
      const body = el('div', {});
      section.append(body);
      return { body, make };
    });
    const show = r => bodies.forEach(b => b.body.replaceChildren(b.make(runs[r].gallery)));
    if (having.length > 1) {
      const choice = el('select', { id: 'gallery-run', onchange: () => show(Number(choice.value)) },
        having.map(r => el('option', { value: r }, runs[r].title)));
      bodies[0].body.before(el('p', {}, el('label', {}, 'Run ', choice)));
    }
    show(having[0]);
  }

  // --- Configuration and identity -------------------------------------------------------------------------------------
  /** A table of values by key, one column a run, with a search field and a switch for what differs. */
  function values(section, of, label) {
    const keys = [...new Set(runs.flatMap(run => Object.keys(of(run))))];
    const differs = key => new Set(runs.map(run => of(run)[key])).size > 1;
    const search = el('input', { type: 'search', placeholder: 'Find a key or value', 'aria-label': 'Find in ' + label,
      oninput: () => draw() });
    const only = el('button', { class: 'switch', type: 'button', 'aria-pressed': String(!alone), onclick: () => {
      toggle(only, only.getAttribute('aria-pressed') !== 'true');
      draw();
    } }, 'only what differs');
    const body = el('tbody', {});
    const draw = () => {
      const wanted = search.value.toLowerCase();
      const shown = keys.filter(key => (alone || only.getAttribute('aria-pressed') !== 'true' || differs(key))
        && (key + ' ' + runs.map(run => of(run)[key]).join(' ')).toLowerCase().includes(wanted));
      body.replaceChildren(...shown.map(key => el('tr', {}, el('th', { class: 'mono' }, key),
        runs.map(run => el('td', { class: 'mono text' }, of(run)[key] ?? '–')))));
      if (shown.length === 0) body.append(el('tr', {}, el('td', { class: 'dim' }, 'nothing')));
    };
    section.append(el('div', { class: 'card' }, el('div', { style: 'display:flex;gap:10px;margin-bottom:8px' }, search, alone ? null : only),
      el('div', { class: 'scroll' }, el('table', {},
        alone ? null : el('thead', {}, el('tr', {}, el('th', {}, 'Key'), runs.map(run => el('th', {}, run.title)))), body))));
    draw();
  }

  head();
  results();
  profile();
  curves();
  pictures();
  const configuration = document.getElementById('configuration');
  values(configuration, run => run.config, 'the configuration');
  runs.forEach(run => configuration.append(el('details', {},
    el('summary', {}, 'config.conf' + (alone ? ', which trains the same again' : ' of ' + run.title)),
    el('div', { class: 'card' }, el('pre', {}, run.configText)))));
  values(document.getElementById('identity'), run => run.identity, 'the identity');
}());
