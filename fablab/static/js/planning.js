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
  const french = document.documentElement.lang === "fr";
  const minutes = (date) => (date.getMinutes() ? ` ${two(date.getMinutes())}` : "");
  const clock = (date) => (french ? `${date.getHours()} h${minutes(date)}` : hour(date));
  let grid = null, listIsOld = false, dragged = false, waiting = false, focused = "";

  const part = (name, className, ...content) => {
    const made = document.createElement(name);
    made.className = className;
    made.append(...content);
    return made;
  };
  const link = ({ label, url }) => Object.assign(part("a", "btn slim", label), { href: url });
  const say = (text) => said.replaceChildren(part("p", "note free", text));
  const refuse = (reasons, others = []) => {
    const choices = [part("p", "", table.dataset.others), part("div", "actions", ...others.map(link))];
    const words = reasons.map((reason) => part("p", "", reason));
    said.replaceChildren(part("div", "why", ...words, ...(others.length ? choices : [])));
  };

  const machineOf = (event) => data.rows.find(({ id }) => id === event.resourceIds[0])?.extendedProps?.slug ?? "";
  const times = (event) => ({ day: day(event.start), starts: hour(event.start), ends: hour(event.end) });
  const ask = (event) => {
    const token = box.querySelector("[name=csrfmiddlewaretoken]").value;
    const body = new URLSearchParams({ ...times(event), sequence: event.extendedProps.sequence });
    if (day(event.end) !== day(event.start)) body.set("ends", "");
    body.set("machine", machineOf(event));
    const headers = { Accept: "application/json", "X-CSRFToken": token };
    return fetch(event.extendedProps.url, { method: "POST", body, headers, credentials: "same-origin" });
  };
  // Show a booking where the server says it stands, and keep its version.
  const stand = (event, { resourceIds, start, end, sequence, label }) => {
    grid.updateEvent({ ...event, resourceIds, start, end, extendedProps: { ...event.extendedProps, sequence, label } });
  };
  const send = async (event, back) => {
    waiting = true;
    const answer = await ask(event).catch(() => null);
    waiting = false;
    if (answer && !answer.headers.get("Content-Type")?.includes("json")) return location.reload(); // shut, or signed out
    const told = await answer?.json();
    if (!told) {
      back();
      return refuse([table.dataset.failed]);
    }
    stand(event, told);
    listIsOld = true;
    return answer.ok ? say(told.said) : refuse(told.reasons, told.others);
  };
  // An opening or a session is not moved from here: its own screen asks how far the change goes, and shows who is hit.
  const lead = (event, back) => {
    back();
    location.assign(`${event.extendedProps.drop}?${new URLSearchParams(times(event))}`);
  };
  const dropped = ({ event, revert }) => {
    if (event.extendedProps.drop) return lead(event, revert);
    return machineOf(event) ? send(event, revert) : revert(); // the lab is no machine
  };

  const later = (event, way) => {
    const late = way * event.extendedProps.step * 60_000;
    return { ...event, start: new Date(+event.start + late), end: new Date(+event.end + late) };
  };
  const beside = (event, way) => {
    const row = data.rows[data.rows.findIndex(({ id }) => id === event.resourceIds[0]) + way];
    return !event.extendedProps.drop && row?.extendedProps && { ...event, resourceIds: [row.id] };
  };
  const nudge = (event, moved) => {
    if (!moved) return;
    if (event.extendedProps.drop) return lead(moved, () => {});
    focused = event.id;
    grid.updateEvent(moved);
    send(moved, () => grid.updateEvent(event));
  };
  const pressed = (id, key) => {
    const event = grid.getEventById(id), way = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 }[key.key];
    if (!way || !key.shiftKey || !event.editable) return;
    key.preventDefault();
    const moved = key.key === "ArrowUp" || key.key === "ArrowDown" ? beside(event, way) : later(event, way);
    if (!waiting) nudge(event, moved); // a key held down waits for the answer to the first
  };
  // Each stretch is a link to its page: Tab and Enter need no help, and a drag does not follow it.
  const written = ({ event, timeText }) => {
    if (event.display === "background") return { domNodes: [] };
    const goal = document.createElement("a"), time = document.createElement("b");
    Object.assign(goal, { href: event.extendedProps.url, draggable: false, title: event.extendedProps.label });
    goal.setAttribute("aria-label", event.extendedProps.label);
    goal.dataset.id = event.id;
    time.textContent = timeText;
    goal.append(time, event.title);
    goal.addEventListener("keydown", (key) => pressed(event.id, key));
    goal.addEventListener("click", (click) => { if (dragged) click.preventDefault(); });
    return { domNodes: [goal] };
  };
  // A free time leads to the page that asks what to put there; the day's own link does so without a hand on the grid.
  const add = ({ date, resource }) => {
    const asked = new URLSearchParams({ day: day(date), starts: hour(date) });
    if (resource?.extendedProps?.slug) asked.set("machine", resource.extendedProps.slug);
    location.assign(`${data.add}?${asked}`);
  };
  const taken = () => { dragged = true; };
  const left = () => setTimeout(() => { dragged = false; });
  // Its roles of a table are not those of a whole table: each link says its day, hours and machine itself.
  const plain = () => {
    for (const el of table.querySelectorAll("[role]")) {
      for (const name of ["role", "aria-colindex", "aria-rowindex", "aria-colspan"]) el.removeAttribute(name);
    }
  };
  // The grid draws a moved booking anew: who moves it by keyboard stays on it.
  const redrawn = () => {
    plain();
    if (document.activeElement === document.body) table.querySelector(`[data-id="${focused}"]`)?.focus();
  };
  const made = () => EventCalendar.create(table, {
    view: "resourceTimelineWeek", date: data.date, firstDay: 1, hiddenDays: data.hidden,
    locale: document.documentElement.lang, headerToolbar: { start: "", center: "", end: "" },
    resources: data.rows, events: data.events, editable: data.editable,
    slotMinTime: { hours: data.from }, slotMaxTime: { hours: data.to }, slotDuration: { hours: 1 }, slotWidth: 56,
    snapDuration: { minutes: data.step }, eventStartEditable: data.editable, eventDurationEditable: data.editable,
    dayHeaderFormat: { weekday: "short", day: "numeric", month: "short" }, slotLabelFormat: clock,
    eventTimeFormat: clock, nowIndicator: true,
    eventContent: written, eventAllUpdated: redrawn, eventDragStart: taken, eventDragStop: left,
    eventResizeStart: taken, eventResizeStop: left, eventDrop: dropped, eventResize: dropped,
    ...(data.add && { dateClick: add }),
  });
  // A narrow screen keeps the list.
  const choose = () => {
    if (listIsOld && !wide.matches) return location.reload();
    box.hidden = !wide.matches;
    document.getElementById("week-list").hidden = wide.matches;
    if (!wide.matches || grid) return;
    grid = made();
    const toToday = () => table.querySelector(".ec-header .ec-today")?.scrollIntoView({ block: "nearest", inline: "start" });
    requestAnimationFrame(toToday);
  };
  wide.addEventListener("change", choose);
  choose();
})();
