// The week as a grid to drag in, on wide screens: every move is asked of the server, which may refuse it.
"use strict";
(() => {
  const box = document.getElementById("grid");
  const wide = matchMedia("(min-width: 60rem)");
  if (!box || !window.EventCalendar) return;
  const data = JSON.parse(document.getElementById("grid-data").textContent);
  const table = document.getElementById("grid-table"), said = document.getElementById("grid-said");
  const two = (number) => String(number).padStart(2, "0");
  const hour = (date) => `${two(date.getHours())}:${two(date.getMinutes())}`;
  const day = (date) => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const labels = new Map();
  let grid = null, listIsOld = false;

  const say = (text, reasons = [], others = []) => {
    const note = document.createElement(reasons.length ? "ul" : "p");
    note.className = reasons.length ? "why" : "note free";
    note.append(...(reasons.length ? reasons.map((reason) => line(reason)) : [text]));
    if (others.length) note.append(line(table.dataset.others), ...others.map((other) => line(link(other))));
    said.replaceChildren(note);
  };
  const line = (content) => {
    const item = document.createElement("li");
    item.append(content);
    return item;
  };
  const link = ({ label, url }) => {
    const found = document.createElement("a");
    found.className = "btn slim";
    found.href = url;
    found.textContent = label;
    return found;
  };

  const ask = (event) => {
    const token = box.querySelector("[name=csrfmiddlewaretoken]").value;
    const body = new URLSearchParams({
      day: day(event.start), starts: hour(event.start), ends: hour(event.end), sequence: event.extendedProps.sequence,
    });
    if (day(event.end) !== day(event.start)) body.set("ends", "");
    const headers = { Accept: "application/json", "X-CSRFToken": token };
    return fetch(event.extendedProps.url, { method: "POST", body, headers, credentials: "same-origin" });
  };
  // Show a booking where the server says it stands, and keep its version.
  const stand = (event, { start, end, sequence, label }) => {
    labels.set(event.id, label);
    grid.updateEvent({ ...event, start, end, extendedProps: { ...event.extendedProps, sequence, label } });
    requestAnimationFrame(tidy);
  };
  const send = async (event, back) => {
    const answer = await ask(event).catch(() => null);
    if (answer && !answer.headers.get("Content-Type")?.includes("json")) return location.reload(); // shut, or signed out
    const told = await answer?.json();
    if (!told) {
      back();
      return say("", [table.dataset.failed]);
    }
    stand(event, told);
    listIsOld = true;
    return answer.ok ? say(told.said) : say("", told.reasons, told.others);
  };
  const dropped = ({ event, revert }) => send(event, revert);

  const open = (event) => { if (event.extendedProps.url) location.assign(event.extendedProps.url); };
  const nudge = (event, way) => {
    const late = way * event.extendedProps.step * 60_000;
    const moved = { ...event, start: new Date(+event.start + late), end: new Date(+event.end + late) };
    grid.updateEvent(moved);
    send(moved, () => grid.updateEvent(event));
  };
  const pressed = (id, key) => {
    const event = grid.getEventById(id);
    const way = { ArrowLeft: -1, ArrowRight: 1 }[key.key];
    if (key.key === "Enter") open(event);
    else if (way && key.shiftKey && event.editable) nudge(event, way);
    else return;
    key.preventDefault();
    key.stopPropagation();
  };
  const mounted = ({ el, event }) => {
    if (event.display === "background") return el.setAttribute("aria-hidden", "true");
    labels.set(event.id, event.extendedProps.label);
    el.dataset.id = event.id;
    el.addEventListener("keydown", (key) => pressed(event.id, key), { capture: true });
    name(el);
  };
  const name = (el) => {
    el.setAttribute("aria-label", labels.get(el.dataset.id));
    el.title = labels.get(el.dataset.id);
    el.tabIndex = 0;
    el.setAttribute("role", "button");
  };
  const tidy = () => {
    for (const el of table.querySelectorAll("[data-id]")) name(el);
  };

  const made = () => EventCalendar.create(table, {
    view: "resourceTimelineWeek", date: data.date, firstDay: 1, hiddenDays: data.hidden,
    locale: document.documentElement.lang, headerToolbar: { start: "", center: "", end: "" },
    resources: data.rows, events: data.events, editable: data.editable, eventResourceEditable: false,
    slotMinTime: { hours: data.from }, slotMaxTime: { hours: data.to }, slotDuration: { hours: 1 }, slotWidth: 56,
    snapDuration: { minutes: data.step }, eventStartEditable: data.editable, eventDurationEditable: data.editable,
    dayHeaderFormat: { weekday: "short", day: "numeric", month: "short" }, slotLabelFormat: { hour: "numeric" },
    eventTimeFormat: { hour: "numeric", minute: "2-digit" }, nowIndicator: true,
    eventDidMount: mounted, eventAllUpdated: tidy, eventClick: ({ event }) => open(event),
    eventDrop: dropped, eventResize: dropped,
  });
  // A narrow screen keeps the list.
  const choose = () => {
    if (listIsOld && !wide.matches) return location.reload();
    box.hidden = !wide.matches;
    document.getElementById("week-list").hidden = wide.matches;
    if (wide.matches) grid ??= made();
  };
  wide.addEventListener("change", choose);
  choose();
})();
