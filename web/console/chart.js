// Charts as inline SVG, each with its numbers as a table behind "Numbers".
//
//   lineChart({title, series: [{name, points: [[label, value], …]}], format?, height?}) → element
//             the labels of the first series are the axis; value: number, money string or null (a gap)
//   barChart({title, bars: [{label, value, href?, note?}], format?}) → element, longest first as given
//
// format(value) → words, for axis and table (default: thousands parted). Up to six series.

import { h, svg } from "/web/console/dom.js";
import { count } from "/web/console/format.js";

const WIDTH = 720;
const EDGE = { top: 12, bottom: 26, start: 64, end: 12 };

const number = (value) => (value === null || value === undefined ? null : Number(value));

// A round number at or above the largest value, and the steps up to it.
function scale(values) {
  const top = Math.max(1, ...values);
  const rough = top / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= rough);
  const steps = Math.ceil(top / step);
  return { top: step * steps, marks: Array.from({ length: steps + 1 }, (_, at) => step * at) };
}

function numbers(title, heads, rows) {
  return h("details", { class: "numbers" }, h("summary", {}, "Numbers"),
    h("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `${title}: numbers` }, h("table", {},
      h("caption", { class: "visually-hidden" }, title),
      h("thead", {}, h("tr", {}, heads.map((one, at) => h("th", { scope: "col", class: at ? "numeric" : null }, one)))),
      h("tbody", {}, rows.map((row) => h("tr", {}, row.map((one, at) =>
        at ? h("td", { class: "numeric" }, one) : h("th", { scope: "row" }, one))))))));
}

export function lineChart({ title, series, format = count, height = 220 }) {
  const labels = (series[0]?.points ?? []).map(([label]) => label);
  const all = series.map((one) => ({ ...one, values: one.points.map(([, value]) => number(value)) }));
  const lowest = Math.min(0, ...all.flatMap((one) => one.values.filter((value) => value !== null)));
  const { top, marks } = scale(all.flatMap((one) => one.values.filter((value) => value !== null)));
  const inner = { width: WIDTH - EDGE.start - EDGE.end, height: height - EDGE.top - EDGE.bottom };
  const x = (at) => EDGE.start + (labels.length < 2 ? inner.width / 2 : (inner.width * at) / (labels.length - 1));
  const y = (value) => EDGE.top + inner.height * (1 - (value - lowest) / (top - lowest || 1));
  const every = Math.max(1, Math.ceil(labels.length / 8));

  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": `${title}. The numbers stand below.`, class: "chart" },
    marks.map((mark) => [
      svg("line", { x1: EDGE.start, x2: WIDTH - EDGE.end, y1: y(mark), y2: y(mark), class: "gridline" }),
      svg("text", { x: EDGE.start - 8, y: y(mark) + 4, "text-anchor": "end" }, format(mark)),
    ]),
    labels.map((label, at) => (at % every === 0 ? svg("text", { x: x(at), y: height - 8, "text-anchor": "middle" }, String(label)) : null)),
    all.map((one, index) => {
      let path = "";
      one.values.forEach((value, at) => {
        if (value === null) return;
        const isStart = at === 0 || one.values[at - 1] === null;
        path += `${isStart ? "M" : "L"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`;
      });
      return svg("g", { class: `series series-${index % 6}` },
        svg("path", { d: path, class: "line" }),
        one.values.map((value, at) => (value === null ? null : svg("circle", { cx: x(at), cy: y(value), r: labels.length > 40 ? 1.5 : 3 },
          svg("title", {}, `${one.name}, ${labels[at]}: ${format(value)}`)))));
    }));

  return h("figure", { class: "figure" },
    h("figcaption", {}, h("span", { class: "figure-title" }, title),
      series.length > 1 ? h("span", { class: "legend" }, series.map((one, index) =>
        h("span", {}, h("i", { class: `swatch series-${index % 6}`, "aria-hidden": "true" }), one.name))) : null),
    drawing,
    numbers(title, ["", ...series.map((one) => one.name)],
      labels.map((label, at) => [String(label), ...all.map((one) => (one.values[at] === null || one.values[at] === undefined ? "–" : format(one.points[at][1])))])));
}

export function barChart({ title, bars, format = count }) {
  const most = Math.max(0, ...bars.map((one) => number(one.value) ?? 0)) || 1;
  return h("figure", { class: "figure" },
    h("figcaption", {}, h("span", { class: "figure-title" }, title)),
    bars.length === 0 ? h("p", { class: "note" }, "Nothing to show.") : h("ol", { class: "bars" }, bars.map((one) => h("li", {},
      h("span", { class: "bar-label" }, one.href ? h("a", { href: one.href }, h("bdi", {}, one.label)) : h("bdi", {}, one.label)),
      svg("svg", { viewBox: "0 0 100 10", preserveAspectRatio: "none", class: "bar", "aria-hidden": "true" },
        svg("rect", { width: Math.max(0.5, (100 * (number(one.value) ?? 0)) / most), height: 10, class: "series-0" })),
      h("span", { class: "bar-value" }, format(one.value), one.note ? h("span", { class: "help" }, ` ${one.note}`) : null)))),
    numbers(title, ["", "Value"], bars.map((one) => [one.label, format(one.value)])));
}
