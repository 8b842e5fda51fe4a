// Draws valid lines and errors of the last hour, each on its own scale, from what #points has.
"use strict";

const HEIGHT_PX = 130;
const SERIES = [["valid", "Valid a minute", "--stored"], ["errors", "Errors a minute", "--errors"]];
let plots = [];

function points() {
  const { start, valid, errors } = document.getElementById("points")?.dataset ?? {};
  if (!valid) return null;
  const numbers = { valid: valid.split(",").map(Number), errors: errors.split(",").map(Number) };
  const minutes = numbers.valid.map((_, n) => Number(start) + 60 * n);
  return { minutes, numbers };
}

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function plot(title, stroke, width, data) {
  const axis = { stroke: color("--soft"), grid: { stroke: color("--line"), width: 1 }, ticks: { show: false } };
  return new uPlot({
    width, height: HEIGHT_PX, title,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
    legend: { show: false },
    cursor: { sync: { key: "hour" }, drag: { x: false, y: false } },
    scales: { y: { range: (_, low, high) => [0, Math.max(1, high * 1.05)] } },
    axes: [
      { ...axis, values: "{HH}:{mm}", space: 60 },
      { ...axis, size: 64, space: 30, values: (_, ticks) => ticks.map((tick) => tick.toLocaleString("en")) },
    ],
    series: [{}, { stroke, fill: `${stroke}33`, width: 2, points: { show: false } }],
  }, data, document.getElementById("plot"));
}

// Draws anew, or moves what is drawn to the numbers that the page has now.
function draw(anew) {
  const place = document.getElementById("plot");
  const found = points();
  if (!place || !found) return;
  const data = ([name]) => [found.minutes, found.numbers[name]];
  if (anew || !plots.length || !plots[0].root.isConnected) {
    plots.forEach((one) => one.destroy());
    plots = SERIES.map((one) => plot(one[1], color(one[2]), place.clientWidth, data(one)));
  } else {
    plots.forEach((one, n) => one.setData(data(SERIES[n])));
  }
}

let width = 0;
new ResizeObserver(() => {
  const now = document.getElementById("plot")?.clientWidth ?? 0;
  if (now && now !== width) plots.forEach((one) => one.setSize({ width: now, height: HEIGHT_PX }));
  width = now;
}).observe(document.body);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw(true));
document.addEventListener("refreshed", () => draw(false));
draw(true);
