// The page's own script: it moves what is there, and loads nothing.
'use strict';
(() => {
  const id = name => document.getElementById(name);
  const data = name => id(name) && JSON.parse(id(name).textContent);
  const bytesOf = text => Uint8Array.from(atob(text), it => it.charCodeAt(0));
  const inflated = async text => {
    const stream = new Blob([bytesOf(text)]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  };

  // Numbers as decimals of a few digits: packed.rs says how they are packed.
  const unpacked = async packed => {
    const bytes = await inflated(packed.data), count = bytes.length / packed.bytes;
    const first = 10 ** (packed.digits - 1), inDecade = 9 * first, ofSign = packed.decades * inDecade;
    const last = packed.low + packed.decades;
    const values = last > 37 || packed.low < -37 ? new Float64Array(count) : new Float32Array(count);
    for (let at = 0; at < count; at++) {
      let code = 0;
      for (let plane = packed.bytes - 1; plane >= 0; plane--) code = code * 256 + bytes[plane * count + at];
      if (code < 2) { values[at] = code ? 0 : NaN; continue; }
      const place = (code - 2) % ofSign, power = packed.low + Math.floor(place / inDecade) - (packed.digits - 1);
      const whole = first + place % inDecade, value = power < 0 ? whole / 10 ** -power : whole * 10 ** power;
      values[at] = code - 2 < ofSign ? value : -value;
    }
    return values;
  };

  // Four digits as everywhere on the page: src/numbers.rs.
  const shown = (value, digits = 4) => {
    if (!Number.isFinite(value)) return 'none';
    if (value === 0) return '0';
    const power = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(digits)))));
    if (power < -4 || power > 6) return value.toExponential(digits - 1);
    const [whole, rest] = Number(value.toPrecision(digits)).toFixed(Math.max(digits - 1 - power, 0)).split('.');
    return whole.replace(/\B(?=(\d{3})+$)/g, ',') + (rest ? '.' + rest : '');
  };
  const element = (name, text, parent) => {
    const it = document.createElement(name);
    if (text !== undefined) it.textContent = text;
    if (parent) parent.append(it);
    return it;
  };

  // ---- Maps ----------------------------------------------------------------------------------
  const volumes = data('volumes');
  const maps = { select: () => {}, go: () => {} };
  const viewer = async () => {
    const { shape, views, head, places } = volumes;
    const [nx, ny] = shape, voxels = shape[0] * shape[1] * shape[2];
    const at = ([x, y, z]) => x + nx * (y + ny * z);
    let inside = null;
    if (volumes.inside) {
      const bits = await inflated(volumes.inside);
      inside = Uint8Array.from({ length: voxels }, (_, it) => bits[it >> 3] >> (it & 7) & 1);
    }
    const palettes = Object.fromEntries(volumes.palettes.map(([name, text]) => [name, bytesOf(text)]));
    // A function from a voxel to its value.
    const reader = async map => {
      const values = await unpacked(map.values), [bx, by, bz] = map.block;
      if (bx * by * bz > 1) {
        const wide = Math.ceil(nx / bx), tall = Math.ceil(ny / by);
        return it => inside && !inside[it] ? NaN
          : values[Math.floor(it % nx / bx) + wide * (Math.floor(Math.floor(it / nx) % ny / by)
            + tall * Math.floor(Math.floor(it / (nx * ny)) / bz))];
      }
      if (!inside) return it => values[it];
      const all = new values.constructor(voxels).fill(NaN);
      const outside = map.outside && await unpacked(map.outside);
      let [here, there] = [0, 0];
      for (let it = 0; it < voxels; it++) {
        if (inside[it]) all[it] = values[here++];
        else if (outside) all[it] = outside[there++];
      }
      return it => all[it];
    };
    const [colors, select, low, high, opacity] = ['colors', 'map', 'low', 'high', 'opacity'].map(id);
    const checks = Object.fromEntries(['outline', 'only', 'field'].map(name => [name, id(name)]));
    if (!inside) checks.outline.parentElement.hidden = checks.only.parentElement.hidden = true;
    const values = [];
    for (const map of volumes.maps) values.push(await reader(map));
    const mean = 1, table = id('values').tBodies[0];
    const state = { map: 0, voxel: volumes.start.slice(), ranges: volumes.maps.map(it => it.range.slice()) };
    volumes.maps.forEach((map, number) => {
      element('option', map.name, select).value = number;
      const row = element('tr', undefined, table);
      row.dataset.map = number;
      element('th', map.name, row).scope = 'row';
      element('td', '', row);
      element('i', '', element('td', undefined, row));
    });
    const runs = volumes.maps.filter(it => it.run !== null);
    if (runs.length && runs[0].values.digits < 4) {
      const size = runs[0].block, voxelsOf = size[0] * size[1] * size[2];
      id('coarse').textContent = `Of single runs the maps have ${runs[0].values.digits} digits`
        + (voxelsOf > 1 ? `, one value for blocks of ${size.join(' x ')} voxels` : '')
        + '; at the places that findings show, four digits of the voxel.';
    }

    const planes = [...document.querySelectorAll('.plane')].map((figure, number) => {
      const [canvas, slider, place] = ['canvas', 'input', 'output'].map(it => figure.querySelector(it));
      slider.max = shape[views[number].across] - 1;
      return { view: views[number], canvas, slider, place, picture: document.createElement('canvas') };
    });
    // What of the grid a plane shows, along the voxel axes to the right and up.
    const range = axis => checks.field.checked ? [0, shape[axis]] : head[axis];
    const strides = [1, nx, nx * ny], length = ([axis]) => range(axis)[1] - range(axis)[0];
    const index = ([axis, reversed], step) => reversed ? range(axis)[1] - 1 - step : range(axis)[0] + step;
    const offsets = along => Array.from({ length: length(along) }, (_, step) => index(along, step) * strides[along[0]]);
    const draw = plane => {
      const { view, canvas, picture } = plane, palette = palettes[volumes.maps[state.map].palette];
      const columns = offsets(view.right), rows = offsets(view.up).reverse();
      const base = state.voxel[view.across] * strides[view.across], [right, up] = [columns.length, rows.length];
      picture.width = right; picture.height = up;
      const pen = picture.getContext('2d'), image = pen.createImageData(right, up), pixels = image.data;
      const [from, to] = state.ranges[state.map], white = state.ranges[mean][1], weight = Number(opacity.value);
      const edges = [], isIn = (column, row) => inside[base + columns[column] + rows[row]] === 1;
      for (let row = 0; row < up; row++) for (let column = 0; column < right; column++) {
        const voxel = base + columns[column] + rows[row], pixel = 4 * (row * right + column);
        const back = Math.min(Math.max(values[mean](voxel) / white, 0), 1) ** 0.8 * 235 || 0;
        const value = checks.only.checked && inside && !inside[voxel] ? NaN : values[state.map](voxel);
        const part = state.map === mean ? 1 : weight, level = Math.min(Math.max((value - from) / (to - from), 0), 1);
        for (let channel = 0; channel < 3; channel++) {
          const color = palette[3 * Math.round(255 * level) + channel];
          pixels[pixel + channel] = Number.isNaN(value) ? back : color * part + back * (1 - part);
        }
        pixels[pixel + 3] = 255;
        if (inside && checks.outline.checked) {
          const here = isIn(column, row);
          if (column > 0 && here !== isIn(column - 1, row)) edges.push([column, row, 0, 1]);
          if (row > 0 && here !== isIn(column, row - 1)) edges.push([column, row, 1, 0]);
        }
      }
      pen.putImageData(image, 0, 0);
      const wide = right * volumes.voxel_sizes[view.right[0]], tall = up * volumes.voxel_sizes[view.up[0]];
      const width = Math.round(canvas.clientWidth * devicePixelRatio) || 300;
      canvas.width = width;
      canvas.height = Math.round(Math.min(width * tall / wide, 3 * width));
      const paper = canvas.getContext('2d'), [sx, sy] = [canvas.width / right, canvas.height / up];
      paper.imageSmoothingEnabled = sx < 1;
      paper.drawImage(picture, 0, 0, canvas.width, canvas.height);
      paper.strokeStyle = '#ff5a4f'; paper.lineWidth = devicePixelRatio;
      paper.beginPath();
      for (const [x, y, dx, dy] of edges) { paper.moveTo(x * sx, y * sy); paper.lineTo((x + dx) * sx, (y + dy) * sy); }
      paper.stroke();
      const step = ([axis, reversed]) => reversed ? range(axis)[1] - 1 - state.voxel[axis] : state.voxel[axis] - range(axis)[0];
      const x = (step(view.right) + 0.5) * sx, y = (up - step(view.up) - 0.5) * sy;
      paper.strokeStyle = '#fffc'; paper.beginPath();
      paper.moveTo(x, 0); paper.lineTo(x, y - sy); paper.moveTo(x, y + sy); paper.lineTo(x, canvas.height);
      paper.moveTo(0, y); paper.lineTo(x - sx, y); paper.moveTo(x + sx, y); paper.lineTo(canvas.width, y);
      paper.stroke();
      paper.strokeRect(x - sx / 2, y - sy / 2, sx, sy);
      paper.font = `600 ${13 * devicePixelRatio}px sans-serif`;
      paper.fillStyle = volumes.is_oriented ? '#fff' : '#fdb022';
      paper.textBaseline = 'middle';
      paper.fillText(view.sides[0], 5 * devicePixelRatio, canvas.height / 2);
      paper.textAlign = 'right';
      paper.fillText(view.sides[1], canvas.width - 5 * devicePixelRatio, canvas.height / 2);
      const slice = state.voxel[view.across];
      plane.slider.value = slice;
      plane.place.textContent = slice;
      canvas.setAttribute('aria-label', `${view.name} slice ${slice} of ${volumes.maps[state.map].name}`);
    };
    const say = () => {
      const voxel = state.voxel, place = places.find(it => it.voxel.every((it, axis) => it === voxel[axis]));
      const mm = volumes.affine.map(row => Math.round(row[0] * voxel[0] + row[1] * voxel[1] + row[2] * voxel[2] + row[3]));
      id('where').textContent = `voxel ${voxel.join(', ')}` + (volumes.is_oriented ? ` · ${mm.join(', ')} mm` : '')
        + (inside ? inside[at(voxel)] ? ' · in the mask' : ' · outside the mask' : '');
      [...table.rows].forEach((row, number) => {
        const map = volumes.maps[number], exact = place && place.values[number];
        const digits = exact ? 4 : inside && !inside[at(voxel)] && map.outside ? map.outside.digits : map.values.digits;
        const value = exact ? Number(exact) : values[number](at(voxel));
        row.cells[1].textContent = shown(value, digits);
        row.classList.toggle('chosen', number === state.map);
        const [from, to] = map.range;
        row.cells[2].firstChild.style.width = `${100 * Math.min(Math.max((value - from) / (to - from), 0), 1) || 0}%`;
      });
    };
    const legend = () => {
      const pen = colors.getContext('2d'), palette = palettes[volumes.maps[state.map].palette];
      for (let it = 0; it < 256; it++) {
        pen.fillStyle = `rgb(${palette.slice(3 * it, 3 * it + 3).join(' ')})`;
        pen.fillRect(it, 0, 1, 12);
      }
      [low.value, high.value] = state.ranges[state.map].map(it => Number(it.toPrecision(4)));
    };
    let asked = 0;
    const redraw = () => {
      // All planes at one scale.
      planes.forEach(({ view }, number) => document.querySelector('.planes').style.setProperty(`--plane-${number}`,
        `${length(view.right) * volumes.voxel_sizes[view.right[0]]}fr`));
      cancelAnimationFrame(asked);
      asked = requestAnimationFrame(() => planes.forEach(draw));
      say();
    };
    maps.select = number => {
      state.map = Number(select.value = number);
      legend(); redraw();
    };
    maps.go = voxel => { state.voxel = voxel.map((it, axis) => Math.min(Math.max(it, 0), shape[axis] - 1)); redraw(); };
    maps.voxel = () => state.voxel;
    maps.ofRun = run => { const found = volumes.maps.findIndex(it => it.run === run); if (found >= 0) maps.select(found); };
    select.addEventListener('change', () => maps.select(select.value));
    for (const end of [low, high]) end.addEventListener('change', () => {
      const ends = [Number(low.value), Number(high.value)];
      if (ends[0] < ends[1]) state.ranges[state.map] = ends;
      legend(); redraw();
    });
    [opacity, ...Object.values(checks)].forEach(it => it.addEventListener('input', redraw));
    for (const plane of planes) {
      const { canvas, view, slider } = plane;
      const move = ([axis, reversed], by) => {
        const voxel = state.voxel.slice();
        voxel[axis] += reversed ? -by : by;
        maps.go(voxel);
      };
      const point = event => {
        const box = canvas.getBoundingClientRect(), voxel = state.voxel.slice();
        const step = (along, part) => Math.min(Math.max(Math.floor(part * length(along)), 0), length(along) - 1);
        voxel[view.right[0]] = index(view.right, step(view.right, (event.clientX - box.left) / box.width));
        voxel[view.up[0]] = index(view.up, step(view.up, 1 - (event.clientY - box.top) / box.height));
        maps.go(voxel);
      };
      canvas.addEventListener('pointerdown', event => { canvas.setPointerCapture(event.pointerId); point(event); });
      canvas.addEventListener('pointermove', event => { if (event.buttons & 1) point(event); });
      canvas.addEventListener('wheel', event => { event.preventDefault(); move([view.across, false], event.deltaY > 0 ? -1 : 1); }, { passive: false });
      canvas.addEventListener('keydown', event => {
        const steps = { ArrowLeft: [view.right, -1], ArrowRight: [view.right, 1], ArrowUp: [view.up, 1], ArrowDown: [view.up, -1],
          PageUp: [[view.across, false], 1], PageDown: [[view.across, false], -1] }[event.key];
        if (steps) { event.preventDefault(); move(...steps); }
      });
      slider.addEventListener('input', () => { const voxel = state.voxel.slice(); voxel[view.across] = Number(slider.value); maps.go(voxel); });
    }
    document.querySelectorAll('.scripted').forEach(it => { it.hidden = false; });
    addEventListener('resize', redraw);
    maps.select(0);
  };

  // ---- Time ----------------------------------------------------------------------------------
  const courses = data('courses');
  const time = { go: () => {} };
  const panel = async () => {
    const drawing = document.querySelector('#courses-drawing'), cursor = drawing.querySelector('.cursor');
    const { left, right, runs, rows } = courses, total = runs.reduce((sum, run) => sum + run.volumes, 0);
    const values = [];
    for (const row of rows) values.push(await unpacked(row.values));
    let now = -1;
    const tell = () => {
      let run = 0, volume = now;
      while (volume >= runs[run].volumes) volume -= runs[run++].volumes;
      const { name, tr, left_out } = runs[run], x = left + (now + 0.5) / total * (right - left);
      cursor.setAttribute('x1', x); cursor.setAttribute('x2', x); cursor.style.display = 'inline';
      const use = (left_out.find(([first, last]) => volume >= first && volume <= last) || [])[2];
      id('moment').textContent = `${name}, volume ${volume}` + (tr ? ` (${shown(volume * tr)} s)` : '') + (use ? `, ${use}` : '')
        + rows.map((row, it) => ` · ${row.name} ${shown(values[it][now])}`).join('');
    };
    time.go = (run, volume) => {
      const start = runs.slice(0, run).reduce((sum, it) => sum + it.volumes, 0);
      now = Math.min(Math.max(start + volume, 0), total - 1);
      tell();
    };
    const point = event => {
      const box = drawing.getBoundingClientRect(), x = (event.clientX - box.left) / box.width * courses.width;
      now = Math.min(Math.max(Math.floor((x - left) / (right - left) * total), 0), total - 1);
      tell();
    };
    drawing.addEventListener('pointerdown', point);
    drawing.addEventListener('pointermove', event => { if (event.buttons & 1) point(event); });
    drawing.addEventListener('keydown', event => {
      const by = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key];
      if (by) { event.preventDefault(); now = Math.min(Math.max(now + by, 0), total - 1); tell(); }
    });
    drawing.tabIndex = 0;
    id('moment').textContent = 'Click, or arrow keys, to choose a volume.';
  };

  // ---- Places, tables, files -----------------------------------------------------------------
  const goTo = where => {
    const scroll = name => id(name) && id(name).scrollIntoView({ block: 'start' });
    const number = name => where[name] === undefined ? undefined : Number(where[name]);
    const [run, volume, slice] = ['run', 'volume', 'slice'].map(number);
    if (run !== undefined) maps.ofRun && maps.ofRun(run);
    if (where.voxel) maps.go(where.voxel.split(',').map(Number));
    else if (slice !== undefined && maps.voxel) maps.go([...maps.voxel().slice(0, 2), slice]);
    if (volume !== undefined) time.go(run || 0, volume);
    scroll(volume !== undefined && !where.voxel ? 'time' : 'maps');
  };
  document.addEventListener('click', event => {
    const link = event.target.closest('a.show');
    if (link && volumes) { event.preventDefault(); goTo(link.dataset); }
  });
  for (const table of document.querySelectorAll('table[data-cells]')) {
    const kind = table.dataset.cells, body = table.tBodies[0], original = [...body.rows];
    original.forEach((row, number) => { row.dataset.row = number; });
    [...table.tHead.rows[0].cells].forEach((cell, column) => {
      const button = element('button', cell.textContent);
      button.type = 'button';
      cell.replaceChildren(button);
      let falls = false;
      button.addEventListener('click', () => {
        falls = !falls;
        const key = row => {
          const text = row.cells[column].textContent.trim(), value = parseFloat(text.replace(/,/g, ''));
          return column === 0 ? Number(row.dataset.row) : Number.isNaN(value) ? Infinity : value;
        };
        body.append(...[...body.rows].sort((a, b) => (falls ? 1 : -1) * (key(a) - key(b))));
        [...table.tHead.rows[0].cells].forEach(it => it.removeAttribute('aria-sort'));
        cell.setAttribute('aria-sort', falls ? 'ascending' : 'descending');
      });
    });
    if (kind !== 'slice' || !volumes) continue;
    body.addEventListener('click', event => {
      const cell = event.target.closest('td');
      if (!cell) return;
      const row = Number(cell.parentElement.dataset.row), runs = volumes.runs.length;
      const where = { slice: Number(table.dataset.first) + cell.cellIndex - 1 };
      if (runs > 1 && row === 0) maps.select(0); else where.run = runs > 1 ? row - 1 : 0;
      goTo(where);
    });
  }
  const save = (name, type, text) => {
    const link = element('a');
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
  };
  const title = document.title.replace(/[^\w-]+/g, '_');
  const actions = {
    print: () => print(),
    json: () => save(`${title}.json`, 'application/json', id('tsnr').textContent),
    tsv: () => {
      const table = document.querySelector('#runs table');
      const cell = it => it.querySelector('svg') ? it.querySelector('svg').getAttribute('aria-label') : it.textContent;
      save(`${title}_runs.tsv`, 'text/tab-separated-values', [...table.rows].map(row => [...row.cells].map(cell).join('\t')).join('\n') + '\n');
    },
  };
  document.querySelectorAll('button[data-do]').forEach(it => {
    it.hidden = false;
    it.addEventListener('click', () => actions[it.dataset.do]());
  });
  Promise.all([volumes && viewer(), courses && panel()]).then(() => { document.documentElement.dataset.ready = 'yes'; });
})();
