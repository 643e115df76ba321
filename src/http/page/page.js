"use strict";
/* The page: reads the API, draws what it says, and asks again when the agent says that there is something new. */
const $ = (id) => document.getElementById(id);
const state = { fleet: null, token: sessionStorage.getItem("token") || "", detail: null, hours: null };

/* An element with text and children; what comes from the agent is only ever text. */
const make = (tag, options = {}, ...children) => {
  const element = document.createElement(tag);
  const { text, ...rest } = options;
  if (text !== undefined) element.textContent = text;
  for (const [name, value] of Object.entries(rest)) if (value !== undefined) element.setAttribute(name, value);
  element.append(...children);
  return element;
};

const headers = () => (state.token ? { Authorization: "Bearer " + state.token } : {});

const ask = async (path) => {
  const answer = await fetch(path, { headers: headers() });
  if (answer.status === 401) {
    if (!$("login").open) $("login").showModal();
    throw new Error("a token is needed");
  }
  if (!answer.ok) throw new Error((await answer.text()).trim());
  return answer.json();
};

const number = (value, digits = 1) =>
  value === null || value === undefined ? "–" : value.toLocaleString("en", { maximumFractionDigits: digits });
const percent = (share) => (share === null || share === undefined ? "–" : (100 * share).toFixed(1) + " %");

const clock = (time) => {
  const zone = state.fleet ? state.fleet.zone : "UTC";
  const words = { timeZone: zone, month: "short", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  return new Intl.DateTimeFormat("en-GB", words).format(new Date(time));
};

const chosen = () => {
  const wanted = decodeURIComponent(location.hash.slice(1));
  const groups = state.fleet ? state.fleet.groups : [];
  return (groups.find((row) => row.name === wanted) || groups[0] || {}).name;
};

const cell = (name, text, kind) => make("td", { text, "data-name": name, class: kind });

const fleetRow = (row) => {
  const remarks = make("td");
  row.badges.forEach((badge, at) => {
    if (at > 0) remarks.append("; ");
    remarks.append(make("span", { text: badge.text, class: badge.level }));
  });
  const line = make("tr", { class: row.name === chosen() ? "chosen" : undefined },
    make("td", {}, make("a", { text: row.name, href: "#" + encodeURIComponent(row.name) })),
    cell("mode", row.mode), cell("in service", row.in_service + (row.pending ? " +" + row.pending : ""), "n"),
    cell("desired", String(row.desired), "n"), cell("min–max", row.min + "–" + row.max, "n"),
    cell("CPU", row.cpu === null ? "–" : number(row.cpu) + " %", "n"), cell("demand", number(row.demand), "n"),
    cell("forecast", number(row.predicted), "n"), cell("error", row.wape ? percent(row.wape[0]) : "–", "n"), remarks);
  line.addEventListener("click", () => { location.hash = encodeURIComponent(row.name); });
  return line;
};

const proposal = (one) => {
  const { ignored, done } = one.stakes || {};
  return make("article", {},
    make("div", {}, make("strong", { text: one.group + ": " + one.from + " → " + one.to }),
      make("span", { class: "dim", text: "  proposal " + one.id + ", revision " + one.revision + ", expires " + clock(one.expires) })),
    ...one.plan.reasons.map((reason) => make("div", { text: reason })),
    ...(ignored && done ? [make("div", { class: "dim", text: "risk that demand exceeds the capacity: " + percent(ignored.probability) + " without it, " + percent(done.probability) + " with it" })] : []),
    ...one.calls.map((call) => make("code", { text: call })));
};

const drawFleet = () => {
  const fleet = state.fleet;
  document.title = "prescale: " + fleet.source;
  $("source").textContent = fleet.source + ", " + clock(fleet.now) + " " + fleet.zone;
  const marks = [["SIMULATED", fleet.simulated, "info"], ["READ-ONLY", fleet.read_only, "info"], ["BRAKE: scale-in frozen", fleet.brake, "warning"]];
  $("marks").replaceChildren(...marks.filter((mark) => mark[1]).map(([text, , kind]) => make("span", { text, class: "mark " + kind })));
  $("notices").replaceChildren(...fleet.notices.map((notice) => make("li", { text: notice.text, class: notice.level })));
  $("fleet").tBodies[0].replaceChildren(...fleet.groups.map(fleetRow));
  const open = fleet.proposals.map(proposal);
  $("proposals").replaceChildren(...(open.length ? open : [make("p", { class: "dim", text: "No proposals are open." })]));
};

const drawGroup = () => {
  const { row, detail } = state.detail;
  $("group-title").textContent = row.name;
  if (!detail) {
    $("charts").replaceChildren(make("p", { class: "dim", text: "Not read since the agent started." }));
    return;
  }
  Charts.show($("charts"), detail.charts, Date.parse(state.detail.now) / 1000, state.fleet.zone, state.hours);
  const plan = detail.plan;
  $("plan").replaceChildren(...(plan
    ? [make("p", {}, make("strong", { text: plan.from + " → " + plan.want }), " by " + plan.policy), ...plan.reasons.map((text) => make("p", { text }))]
    : [make("p", { class: "dim", text: "No plan yet." })]));
  const holding = (detail.preflight ? detail.preflight.checks : []).filter((check) => check.verdict !== "pass");
  $("checks").replaceChildren(...(holding.length
    ? holding.map((check) => make("li", { class: check.verdict === "block" ? "warning" : "info", text: check.name + ": " + check.reason }))
    : [make("li", { class: "dim", text: "None." })]));
};

const drawJournal = (lines) => {
  $("journal").replaceChildren(...lines.slice(0, 60).map((line) => make("li", {},
    make("span", { class: "dim", text: clock(line.at) + " " + (line.group || "all groups") + " " }),
    make("strong", { text: line.kind }), " " + line.text, make("span", { class: "dim", text: " " + line.operator }))));
};

const drawCalendar = (calendar) => {
  const now = Date.parse(state.fleet.now);
  const coming = calendar.occurrences.filter((event) => Date.parse(event.end) > now).slice(0, 30);
  const lines = coming.map((event) => make("li", {}, make("span", { class: "dim", text: clock(event.start) + " to " + clock(event.end) + " " }),
    make("strong", { text: event.name }), " " + event.kind));
  if (calendar.problem) lines.unshift(make("li", { class: "warning", text: calendar.problem }));
  $("calendar").replaceChildren(...(lines.length ? lines : [make("li", { class: "dim", text: "No events are coming." })]));
};

const said = (text, lost) => { $("connection").textContent = text; $("connection").className = lost ? "lost" : "good"; };

let reading = false;
let again = false;
/* Reads everything that is shown. News during a reading leads to one more. */
const refresh = async () => {
  if (reading) { again = true; return; }
  reading = true;
  try {
    state.fleet = await ask("/api/v1/fleet");
    drawFleet();
    const name = chosen();
    if (name) {
      const hours = { past: Number($("past").value), ahead: 2 };
      state.detail = await ask("/api/v1/group/" + encodeURIComponent(name) + "?past=" + hours.past + "&ahead=" + hours.ahead);
      state.hours = hours;
      drawGroup();
    }
    drawJournal(await ask("/api/v1/journal"));
    drawCalendar(await ask("/api/v1/calendar"));
    said("live", false);
    document.body.dataset.ready = "yes";
  } catch (error) {
    said("no data: " + error.message, true);
  } finally {
    reading = false;
    if (again) { again = false; refresh(); }
  }
};

const pause = (seconds) => new Promise((done) => setTimeout(done, 1000 * seconds));

/* News of the agent, by fetch rather than EventSource, which cannot bear a token. */
const listen = async () => {
  for (let wait = 1; ; wait = Math.min(2 * wait, 30)) {
    try {
      const answer = await fetch("/api/v1/events", { headers: headers() });
      if (!answer.ok) throw new Error((await answer.text()).trim());
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        wait = 1;
        if (value.includes("event: fleet")) await refresh();
      }
    } catch (error) {
      said("connection lost: " + error.message, true);
    }
    await pause(wait);
  }
};

const root = document.documentElement;
const theme = localStorage.getItem("theme");
if (theme) root.classList.add(theme);
$("theme").addEventListener("click", () => {
  const dark = root.classList.contains("dark") || (!root.classList.contains("light") && matchMedia("(prefers-color-scheme: dark)").matches);
  root.classList.remove("dark", "light");
  root.classList.add(dark ? "light" : "dark");
  localStorage.setItem("theme", dark ? "light" : "dark");
  if (state.detail) drawGroup();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { if (state.detail) drawGroup(); });
$("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  state.token = $("token").value;
  sessionStorage.setItem("token", state.token);
  $("login").close();
  refresh();
});
$("past").addEventListener("change", refresh);
addEventListener("hashchange", refresh);
refresh();
listen();
