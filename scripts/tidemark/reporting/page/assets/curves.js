"use strict";
// Equity and drawdown of the best strategies beside the benchmark: values under the pointer or the slider, and a
// range to zoom. Without scripts the table of calendar years stands alone.
(() => {
  const holder = document.getElementById("curves-data");
  if (!holder || !window.uPlot) return;
  const { dates, strategies, intraday } = JSON.parse(holder.textContent);
  if (dates.length < 2) return;
  const place = document.getElementById("curves-charts");
  const drawings = document.createElement("div");
  const DAY = 86_400;
  const RANGES = [
    ["1 day", 1], ["1 week", 7], ["1 month", 30], ["3 months", 91],
    ["1 year", 365], ["3 years", 1096], ["10 years", 3652],
  ];
  const first = dates[0], last = dates[dates.length - 1];

  const button = (words, act) => {
    const element = made("button", { type: "button" }, words);
    element.addEventListener("click", act);
    return element;
  };
  const colour = (name) => getComputedStyle(place).getPropertyValue(name).trim();
  const utc = (seconds) => new Date(seconds * 1000).toISOString();
  const dated = (seconds) => utc(seconds).slice(0, intraday ? 16 : 10).replace("T", " ");
  const fixed = (value, digits) => (Number(value.toFixed(digits)) || 0).toFixed(digits).replace("-", "\u2212");
  const written = (value, factor, digits) => (value === null ? "\u2013" : fixed(factor * value, digits));

  // --- The charts

  let logarithmic = false;
  let charts = [];
  const named = (strategy, index) => (strategy.benchmark ? "--curve-benchmark" : `--curve-${index + 1}`);
  const axis = (more) => ({
    stroke: () => colour("--muted"),
    grid: { stroke: () => colour("--line"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui, sans-serif",
    ...more,
  });
  const lines = () => strategies.map((strategy, index) => ({
    label: strategy.name,
    stroke: () => colour(named(strategy, index)),
    width: strategy.benchmark ? 2 : 1.5,
    dash: strategy.benchmark ? [6, 4] : undefined,
    points: { show: false },
    pxAlign: false,
    show: shown[index].checked,
  }));
  const chart = (what, words, height, scale, label) => {
    const element = made("div", { className: "chart" });
    element.setAttribute("role", "img");
    element.setAttribute("aria-label", `${words} from ${dated(first)} to ${dated(last)}; the table has the values of a date`);
    drawings.append(made("p", { className: "what" }, words), element);
    const drawable = (value) => (scale.distr === 3 && value <= 0 ? null : value);
    return new uPlot(
      {
        width: element.clientWidth, height, padding: [8, 8, 0, 0],
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
        legend: { show: false },
        cursor: { sync: { key: "curves" }, drag: { x: true, y: false }, points: { size: 7 } },
        scales: { x: { time: true }, y: scale },
        axes: [axis({ size: 30 }), axis({ size: 56, values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : label(tick))) })],
        series: [{}, ...lines()],
        hooks: { setScale: [zoomed], setCursor: [pointed] },
      },
      [dates, ...strategies.map((strategy) => strategy[what].map(drawable))],
      element,
    );
  };
  const draw = () => {
    const range = charts.length ? { ...charts[0].scales.x } : null;
    charts.forEach((old) => old.destroy());
    drawings.replaceChildren();
    charts = [
      chart("equity", "What 1 has grown to", 300, { distr: logarithmic ? 3 : 1 }, (value) => String(value)),
      chart("drawdown", "Drawdown: how far below its highest so far", 170, {}, (value) => `${fixed(100 * value, 0)} %`),
    ];
    if (range) show(range.min, range.max);
  };

  // --- The range

  const show = (min, max) => charts.forEach((each) => each.setScale("x", { min, max }));
  const zoomed = (from, scale) => {
    if (scale !== "x") return;
    const { min, max } = from.scales.x;
    for (const { scales, setScale } of charts) {
      if (scales.x.min !== min || scales.x.max !== max) setScale("x", { min, max });
    }
    const whole = min <= first && max >= last;
    range.textContent = `${dated(Math.max(min, first))} to ${dated(Math.min(max, last))}`;
    for (const [each, days] of buttons) {
      const pressed = days ? max >= last && Math.abs(max - min - days * DAY) < 1 : whole;
      each.setAttribute("aria-pressed", String(pressed));
    }
    slider.min = from.valToIdx(min);
    slider.max = from.valToIdx(max);
    earlier.disabled = min <= first;
    later.disabled = max >= last;
  };
  const move = (by) => {
    const { min, max } = charts[0].scales.x;
    const shift = by < 0 ? Math.max(by * (max - min), first - min) : Math.min(by * (max - min), last - max);
    show(min + shift, max + shift);
  };
  const fitting = RANGES.filter(([, days]) => days * DAY < last - first).slice(-4);
  const buttons = [
    ...fitting.map(([words, days]) => [button(words, () => show(last - days * DAY, last)), days]),
    [button("All", () => show(first, last)), 0],
  ];
  const earlier = button("Earlier", () => move(-0.5));
  const later = button("Later", () => move(0.5));
  const range = made("output", { className: "range" });
  const scaled = made("input", { type: "checkbox" });
  scaled.addEventListener("change", () => {
    logarithmic = scaled.checked;
    draw();
  });

  // --- The values of a date

  const table = document.getElementById("curves-values");
  const when = table.caption.querySelector("output");
  const rows = [...table.tBodies[0].rows];
  const slider = made("input", { type: "range", min: 0, max: dates.length - 1, value: dates.length - 1 });
  const tell = (index) => {
    when.textContent = dated(dates[index]);
    slider.setAttribute("aria-valuetext", dated(dates[index]));
    strategies.forEach(({ equity, drawdown }, row) => {
      rows[row].querySelector(".equity").textContent = written(equity[index], 1, 2);
      rows[row].querySelector(".drawdown").textContent = written(drawdown[index], 100, 1);
    });
  };
  const pointed = ({ cursor }) => tell(cursor.idx ?? Number(slider.value));
  slider.addEventListener("input", () => {
    const index = Number(slider.value);
    tell(index);
    charts.forEach((each) => each.setCursor({ left: each.valToPos(dates[index], "x"), top: 10 }, false));
  });
  const shown = strategies.map((strategy, index) => {
    const box = made("input", { type: "checkbox", checked: strategy.shown });
    box.addEventListener("change", () => charts.forEach((each) => each.setSeries(index + 1, { show: box.checked })));
    const swatch = made("span", { className: strategy.benchmark ? "swatch benchmark" : "swatch" });
    swatch.style.setProperty("--curve", `var(${named(strategy, index)})`);
    const name = rows[index].querySelector(".name");
    name.replaceChildren(made("label", {}, box, swatch, ...name.childNodes));
    return box;
  });

  place.append(
    made("div", { className: "controls" },
      made("span", { className: "group" }, ...buttons.map(([each]) => each)),
      made("span", { className: "group" }, earlier, later),
      range,
      made("label", {}, scaled, "Logarithmic"),
    ),
    drawings,
    made("label", { className: "slider" }, "Date ", slider),
  );
  place.hidden = false;
  draw();
  show(first, last);
  tell(dates.length - 1);

  // --- Another width, other colours

  new ResizeObserver(() => charts.forEach((each) => {
    const width = each.root.parentElement.clientWidth;
    if (width && width !== each.width) each.setSize({ width, height: each.height });
  })).observe(place);
  const again = () => charts.forEach((each) => each.redraw(false));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  matchMedia("print").addEventListener("change", again);
})();
