"use strict";
/* Charts of a group, drawn by uPlot: lines over one time axis, a band, limits. */
const Charts = (() => {
  const ROLES = {
    actual: "--actual", predicted: "--predicted", second: "--second", outlook: "--past", needed: "--needed",
    in_service: "--actual", desired: "--predicted", capacity: "--second",
  };
  const SOLID = ["actual", "second", "in_service"];
  const SPARE = ["--actual", "--predicted", "--second", "--past", "--needed"];
  let drawn = [];

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  /* A value of light-dark() as one colour that a canvas takes. */
  const resolved = (name) => {
    const probe = document.createElement("span");
    probe.style.color = "var(" + name + ")";
    document.body.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found || colour(name);
  };

  /* Every series of a chart on the union of their times. */
  const joined = (list) => {
    const times = new Set();
    for (const series of list) series.values.forEach((_, at) => times.add(series.start + at * series.step));
    const axis = [...times].sort((a, b) => a - b);
    const at = new Map(axis.map((time, index) => [time, index]));
    const columns = list.map((series) => {
      const column = new Array(axis.length).fill(undefined);
      series.values.forEach((value, index) => { column[at.get(series.start + index * series.step)] = value; });
      return column;
    });
    return [axis, ...columns];
  };

  const short = (value) => {
    if (value === null || value === undefined) return "–";
    const size = Math.abs(value);
    return size === 0 ? "0" : size >= 100 ? Math.round(value).toLocaleString("en") : size >= 1 ? value.toFixed(1) : value.toFixed(3);
  };

  /* Hours of a short range, days of a long one, on the fleet's clocks. */
  const moments = (zone, times, span) => {
    const hours = { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    const words = span > 2.5 * 86400 ? { timeZone: zone, day: "2-digit", month: "short" } : hours;
    const format = new Intl.DateTimeFormat("en-GB", words);
    return times.map((time) => format.format(new Date(time * 1e3)));
  };

  const stamp = (zone) => {
    const words = { timeZone: zone, day: "2-digit", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
    const format = new Intl.DateTimeFormat("en-GB", words);
    return (_, time) => (time === null ? "–" : format.format(new Date(time * 1e3)));
  };

  const draw = (host, chart, now, zone, hours) => {
    const figure = document.createElement("figure");
    const caption = document.createElement("figcaption");
    caption.textContent = chart.title + " ";
    const unit = document.createElement("span");
    unit.textContent = chart.unit;
    caption.append(unit);
    figure.append(caption);
    host.append(figure);
    const lines = chart.lines.map((line, index) => ({
      label: line.label, scale: "y", points: { show: false }, width: SOLID.includes(line.role) ? 2 : 1.5, spanGaps: false,
      stroke: resolved(ROLES[line.role] || SPARE[index % SPARE.length]),
      dash: SOLID.includes(line.role) ? undefined : [6, 3], value: (_, value) => short(value),
    }));
    const all = chart.lines.map((line) => line.series);
    const bands = [];
    if (chart.band) {
      const edge = { label: "", scale: "y", points: { show: false }, width: 0, stroke: "transparent" };
      all.push(chart.band[1], chart.band[0]);
      lines.push({ ...edge, label: "band, high", value: (_, v) => short(v) }, { ...edge, label: "band, low", value: (_, v) => short(v) });
      bands.push({ series: [lines.length - 1, lines.length], fill: resolved("--band") });
    }
    const grid = { stroke: resolved("--edge"), width: 1 };
    const axis = { stroke: resolved("--dim"), grid, ticks: grid };
    const marks = (plot) => {
      const { ctx, bbox } = plot;
      ctx.save();
      ctx.lineWidth = devicePixelRatio;
      ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
      const across = (from, to, name) => {
        ctx.strokeStyle = resolved(name);
        ctx.beginPath();
        ctx.moveTo(...from);
        ctx.lineTo(...to);
        ctx.stroke();
      };
      for (const limit of chart.limits) {
        const y = plot.valToPos(limit.value, "y", true);
        if (y >= bbox.top && y <= bbox.top + bbox.height) across([bbox.left, y], [bbox.left + bbox.width, y], "--needed");
      }
      const x = plot.valToPos(now, "x", true);
      if (x >= bbox.left && x <= bbox.left + bbox.width) across([x, bbox.top], [x, bbox.top + bbox.height], "--dim");
      ctx.restore();
    };
    const plot = new uPlot({
      width: figure.clientWidth || 320, height: 200, tzDate: (time) => uPlot.tzDate(new Date(time * 1e3), zone),
      cursor: { drag: { x: false, y: false } }, legend: { live: true }, bands, hooks: { draw: [marks] },
      scales: { x: { range: [now - 3600 * hours.past, now + 3600 * hours.ahead] }, y: { range: (_, low, high) => uPlot.rangeNum(Math.min(0, low ?? 0), high ?? 1, 0.1, true) } },
      axes: [{ ...axis, values: (at, times) => moments(zone, times, at.scales.x.max - at.scales.x.min) }, { ...axis, size: 64, values: (_, ticks) => ticks.map(short) }],
      series: [{ label: "time", value: stamp(zone) }, ...lines],
    }, joined(all), figure);
    drawn.push({ plot, figure });
  };

  /* `hours` of past and future, the same for all, so that they can be compared. */
  const show = (host, charts, now, zone, hours) => {
    drawn.forEach(({ plot }) => plot.destroy());
    drawn = [];
    host.replaceChildren();
    charts.filter((chart) => chart.lines.length > 0).forEach((chart) => draw(host, chart, now, zone, hours));
  };

  addEventListener("resize", () => drawn.forEach(({ plot, figure }) => plot.setSize({ width: figure.clientWidth, height: 200 })));
  return { show };
})();
