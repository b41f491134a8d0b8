"use strict";
const find = (id) => document.getElementById(id);
const words = (name) => String(name).replaceAll("_", " ");
const whole = (value) => Math.round(value).toLocaleString("en");
const short = (value) => value.toLocaleString("en", { notation: "compact", maximumFractionDigits: 1 });
const plural = (count, one, many) => `${whole(count)} ${count === 1 ? one : many}`;

function make(tag, className, attributes) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
  return node;
}
// Whatever comes from outside goes through here or setAttribute: it never becomes markup.
function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
function mark(node, className) {
  if (node.className !== className) node.className = className;
}
/* Makes the children of `parent` those of `items`, each kept as long as its key is there. */
function sync(parent, items, keyOf, create, update) {
  const old = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  items.forEach((item, index) => {
    const key = keyOf(item);
    const node = old.get(key) || create(item);
    old.delete(key);
    node.dataset.key = key;
    if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] || null);
    update(node, item);
  });
  old.forEach((node) => node.remove());
}

function span(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const s = ms / 1000;
  if (s < 60) return `${Math.floor(s)} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}
function millis(us) {
  const ms = us / 1000;
  return ms < 10 ? ms.toFixed(1) : whole(ms);
}
function percent(share) {
  return share > 0 && share < 0.01 ? "< 1 %" : `${Math.round(share * 100)} %`;
}
function dollars(value) {
  if (value > 0 && value < 0.01) return "< $0.01";
  return `$${value.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

const markOfState = { healthy: "is-good", degraded: "is-warn", down: "is-bad", quarantined: "is-off", disabled: "is-off", drained: "is-off" };
const markOf = (state) => `mark ${markOfState[state] || ""}`;

/* ---- one endpoint, one row */

const columns = ["State", "Traffic", "Latency", "Head", "Breaker", "Budget left", "This month"];

function createEndpoint(one) {
  const row = make("tr", "", { role: "row" });
  const name = make("th", "", { role: "rowheader", scope: "row" });
  name.append(make("span", "name"), make("span", "sub"));
  row.append(name);
  for (const label of columns) {
    const cell = make("td", "", { role: "cell", "data-label": label === "Latency" ? "p50/95/99 ms" : label });
    const inner = make("div", "cell");
    inner.append(make("span", "number"), make("span", "sub"));
    if (label === "Traffic" || label === "Budget left") {
      const bar = make("span", "bar", { "aria-hidden": "true", "data-tier": Math.min(one.tier, 4) });
      bar.append(make("i"));
      inner.append(bar);
    }
    cell.append(inner);
    row.append(cell);
  }
  return row;
}
function cellOf(row, label) {
  return row.children[1 + columns.indexOf(label)].firstChild;
}
function fill(cell, text, sub, loud) {
  put(cell.children[0], text);
  put(cell.children[1], sub || "");
  mark(cell.children[1], loud ? "sub is-loud" : "sub");
}
/* A cell that tells nothing has no place on a small screen. */
function dull(cell, isDull) {
  cell.parentNode.classList.toggle("is-dull", isDull);
}
function fillBar(cell, share, isLow) {
  const bar = cell.children[2];
  bar.hidden = share === null;
  bar.firstChild.style.width = `${Math.min(100, 100 * (share || 0))}%`;
  bar.classList.toggle("is-low", Boolean(isLow));
}

function showBudget(cell, one, isShared) {
  const left = one.budget_left || {};
  const most = one.budget_max || {};
  const bounds = isShared ? [] : ["month", "day", "ten_seconds", "second"].filter((name) => most[name] > 0 && left[name] !== undefined);
  dull(cell, bounds.length === 0);
  if (bounds.length === 0) {
    fill(cell, "–", "");
    fillBar(cell, null);
    return;
  }
  // Of the bounds that take long to come back the one that is closest, else the quick one.
  const slow = bounds.filter((name) => name === "month" || name === "day");
  const ratio = (name) => left[name] / most[name];
  const name = (slow.length > 0 ? slow : bounds).reduce((a, b) => (ratio(b) < ratio(a) ? b : a));
  const of = { month: "a month", day: "a day", ten_seconds: "in ten seconds", second: "a second" }[name];
  fill(cell, percent(ratio(name)), `of ${short(most[name])} ${of}`, ratio(name) < 0.1);
  fillBar(cell, ratio(name), ratio(name) < 0.1);
}

function showEndpoint(row, one, { total, isShared, blockTime, account }) {
  put(row.firstChild.children[0], one.provider);
  put(row.firstChild.children[1], one.transport + (one.vendor === "generic" ? "" : ` · ${one.vendor}`) +
    (one.takes_calls === false ? " · events only" : ""));

  const state = cellOf(row, "State");
  fill(state, words(one.state), one.state === "healthy" || one.state === "unknown" ? `for ${span(one.since_ms)}`
    : one.state === "drained" ? "by an administrator" : `${words(one.reason)}, ${span(one.since_ms)}`, markOfState[one.state] !== "is-good");
  mark(state.children[0], `number ${markOf(one.state)}`);

  const traffic = cellOf(row, "Traffic");
  const perMinute = one.attempts_last_minute || 0;
  const failed = one.failures_last_minute || 0;
  const isForEvents = one.takes_calls === false && perMinute === 0;
  dull(traffic, isForEvents);
  fill(traffic, isForEvents ? "–" : total > 0 ? percent(perMinute / total) : "–",
    isForEvents ? "" : `${whole(perMinute)} a minute` + (failed > 0 ? `, ${whole(failed)} failed` : ""), failed > 0);
  fillBar(traffic, isForEvents ? null : total > 0 ? perMinute / total : 0);

  const latencies = one.latency_us || {};
  const kind = ["light", "heavy", "write"].find((name) => latencies[name]);
  const of = latencies[kind];
  fill(cellOf(row, "Latency"), of ? `${millis(of.p50)} / ${millis(of.p95)} / ${millis(of.p99)}` : "–",
    of ? `${kind} calls` : "no samples");

  const isKnown = one.head !== null && one.head !== undefined;
  fill(cellOf(row, "Head"), isKnown ? whole(one.head) : "–",
    !isKnown ? "unknown" : one.lag_blocks > 0 ? `${plural(one.lag_blocks, "block", "blocks")} behind` + (one.lag_ms >= 1000 ? `, ${span(one.lag_ms)}` : "")
      : "no lag",
    one.lag_blocks > 0 && one.lag_ms > 2 * blockTime);

  const isClosed = one.breaker === "closed";
  fill(cellOf(row, "Breaker"), words(one.breaker),
    one.cooldown_ms > 0 ? `cools down, ${span(one.cooldown_ms)}` : isClosed ? "" : one.trial_in_ms > 0 ? `trial in ${span(one.trial_in_ms)}` : "trial is due",
    !isClosed || one.cooldown_ms > 0);
  dull(cellOf(row, "Breaker"), isClosed && one.cooldown_ms === 0);
  showBudget(cellOf(row, "Budget left"), one, isShared);
  showSpent(cellOf(row, "This month"), one, isShared, account);
}
/* Of the provider, so the same on all its endpoints: the first one tells it. */
function showSpent(cell, one, isShared, account) {
  dull(cell, isShared || !account);
  if (isShared || !account) {
    fill(cell, "–", "");
    return;
  }
  const units = `${whole(account.month_units)} ${account.unit}`;
  fill(cell, account.month_dollars > 0 ? dollars(account.month_dollars) : whole(account.month_units),
    account.month_dollars > 0 ? units : account.unit);
}

/* ---- one chain */

function createChain(chain) {
  const section = find("chain").content.firstElementChild.cloneNode(true);
  const title = `chain-${chain.name}`;
  section.querySelector("h2").id = title;
  section.setAttribute("aria-labelledby", title);
  section.querySelector("table").setAttribute("aria-labelledby", title);
  return section;
}
function createTier() {
  const body = make("tbody", "", { role: "rowgroup" });
  return body;
}
function createTierRow() {
  const row = make("tr", "tier-row", { role: "row" });
  const head = make("th", "tier", { role: "rowheader", scope: "rowgroup", colspan: 1 + columns.length });
  head.append(make("b"), make("span"));
  row.append(head);
  return row;
}
function showTier(body, tier, { total, blockTime, accounts }) {
  const rows = [{ key: "tier" }, ...tier.endpoints];
  sync(body, rows, (one) => one.key || `${one.provider}/${one.transport}`,
    (one) => (one.key ? createTierRow() : createEndpoint(one)),
    (row, one) => {
      if (!one.key) {
        const first = tier.endpoints.find((other) => other.provider === one.provider);
        const account = accounts.find((other) => other.provider === one.provider);
        showEndpoint(row, one, { total, blockTime, account, isShared: first !== one });
        return;
      }
      put(row.firstChild.children[0], `Tier ${tier.number}`);
      put(row.firstChild.children[1], total > 0 ? `${percent(tier.attempts / total)} of traffic` : "");
    });
  [...body.children].forEach((row, index) => row.classList.toggle("first-of-tier", index === 1));
}
function showChain(section, chain, cost) {
  const accounts = ((cost || {}).accounts || []).filter((one) => one.chain === chain.name);
  const total = chain.endpoints.reduce((sum, one) => sum + (one.attempts_last_minute || 0), 0);
  const numbers = [...new Set(chain.endpoints.map((one) => one.tier))].sort((a, b) => a - b);
  const tiers = numbers.map((number) => {
    const endpoints = chain.endpoints.filter((one) => one.tier === number);
    return { number, endpoints, attempts: endpoints.reduce((sum, one) => sum + (one.attempts_last_minute || 0), 0) };
  });
  put(section.querySelector("h2"), chain.name);
  const [about, right] = section.querySelectorAll(".about");
  put(about, chain.head === null || chain.head === undefined ? "head unknown"
    : `${chain.family === "svm" ? "slot" : "block"} ${whole(chain.head)}, one in ${span(chain.block_time_ms)}`);
  const calls = chain.calls_last_minute || 0;
  const errors = chain.errors_last_minute || 0;
  put(right, `${plural(calls, "call", "calls")} a minute` + (errors > 0 ? `, ${percent(errors / calls)} failed` : ""));
  const share = section.querySelector(".share");
  share.hidden = total === 0;
  sync(share, tiers.filter((tier) => tier.attempts > 0), (tier) => String(tier.number),
    (tier) => make("span", "", { "data-tier": Math.min(tier.number, 4) }),
    (node, tier) => { node.style.flexGrow = tier.attempts / total; });
  const table = section.querySelector("table");
  // The head of the table is the first of its parts and stays there.
  sync(table, [{ number: "" }, ...tiers], (tier) => String(tier.number), createTier,
    (body, tier) => tier.number && showTier(body, tier, { total, accounts, blockTime: chain.block_time_ms }));
}

/* ---- the rest */

function showTiles(status) {
  const sum = (name) => status.chains.reduce((all, chain) => all + (chain[name] || 0), 0);
  const calls = sum("calls_last_minute");
  const errors = sum("errors_last_minute");
  const endpoints = status.chains.flatMap((chain) => chain.endpoints);
  const well = endpoints.filter((one) => one.state === "healthy").length;
  const sessions = Object.values(status.sessions || {}).reduce((all, count) => all + count, 0);
  const tiles = [
    ["Calls a minute", whole(calls), errors > 0 ? `${percent(errors / calls)} failed` : "none failed"],
    ["In flight", whole(status.calls_in_flight || 0), plural(status.attempts_in_flight || 0, "attempt", "attempts")],
    ["Healthy", `${well} of ${endpoints.length}`, `endpoints of ${plural(status.chains.length, "chain", "chains")}`],
    ["Sessions", whole(sessions), ""],
    ["Subscriptions", whole(status.subscriptions || 0), `on ${plural(status.feeds || 0, "feed", "feeds")}`],
  ];
  if (isPriced(status.cost)) {
    tiles.push(["Spent this month", dollars(status.cost.month_dollars), `${dollars(status.cost.month_projected_dollars)} by its end`]);
  }
  sync(find("tiles"), tiles, (tile) => tile[0], () => {
    const tile = make("div");
    tile.append(make("dt"), make("dd"), make("dd", "note"));
    return tile;
  }, (tile, texts) => texts.forEach((text, index) => put(tile.children[index], text)));
}

/* Rows of { key, name, code, cells }: the name heads its row, cells are texts under their labels. */
function showTable(body, labels, rows) {
  sync(body, rows, (row) => row.key, () => {
    const node = make("tr", "", { role: "row" });
    const name = make("th", "", { role: "rowheader", scope: "row" });
    name.append(make("span"), document.createTextNode(" "), make("code"));
    node.append(name, ...labels.map((label) => make("td", "", { role: "cell", "data-label": label })));
    return node;
  }, (node, row) => {
    put(node.firstChild.children[0], row.name);
    put(node.firstChild.children[1], row.code || "");
    row.cells.forEach((text, index) => put(node.children[index + 1], text));
  });
}

const dialects = { framed: "framed", json_ipc: "JSON IPC", ws: "WebSocket", http: "HTTP" };

function showSessions(sessions) {
  const count = (key) => (sessions || {})[key] || 0;
  const all = Object.keys(dialects).reduce((sum, key) => sum + count(key), 0);
  put(find("sessions-sum"), plural(all, "connection", "connections"));
  showTable(find("sessions"), ["Connections"],
    Object.entries(dialects).map(([key, name]) => ({ key, name, cells: [whole(count(key))] })));
}

function showFeeds(status) {
  const feeds = status.feed_list || [];
  find("feeds-table").hidden = feeds.length === 0;
  find("feeds-empty").hidden = feeds.length > 0;
  put(find("feeds-sum"), feeds.length === 0 ? "" : status.feeds > feeds.length
    ? `the ${feeds.length} busiest of ${whole(status.feeds)}` : plural(status.subscriptions, "subscription", "subscriptions"));
  showTable(find("feeds"), ["Chain", "Told by", "Subscribers", "Sources", "Events"], feeds.map((feed) => ({
    key: `${feed.chain}/${feed.kind}/${feed.params_digest}`, name: words(feed.kind), code: feed.params_digest,
    cells: [feed.chain, feed.provider || "nobody", whole(feed.subscribers), whole(feed.sources), whole(feed.events)],
  })));
}

/* ---- what it costs */

const isPriced = (cost) => Boolean(cost) && (cost.dollars > 0 || cost.month_dollars > 0 || cost.month_plan_dollars > 0);
const kSpendersShown = 8;

function spenders(list, keyOf, nameOf) {
  return [...list].sort((a, b) => b.dollars - a.dollars || b.requests - a.requests).slice(0, kSpendersShown).map((one) => ({
    key: keyOf(one), name: nameOf(one),
    cells: [whole(one.requests), whole(one.credits), one.dollars > 0 ? dollars(one.dollars) : "–"],
  }));
}
function showCost(cost) {
  find("cost").hidden = !cost;
  if (!cost) return;
  const saved = Object.values(cost.saved_dollars || {}).reduce((sum, part) => sum + part, 0);
  const facts = !isPriced(cost) ? ["no prices are set"]
    : [`${dollars(cost.dollars_per_hour)} an hour`, `${dollars(cost.month_projected_dollars)} by the end of the month`,
      cost.month_plan_dollars > 0 ? `plan ${dollars(cost.month_plan_dollars)}` : "", saved > 0 ? `${dollars(saved)} saved by sharing` : ""];
  put(find("cost-sum"), facts.filter(Boolean).join(" · "));
  find("cost-sum").classList.toggle("is-warn",
    cost.month_plan_dollars > 0 && cost.month_projected_dollars > cost.month_plan_dollars);
  find("cost").classList.toggle("has-no-credits", !(cost.credits > 0));
  const labels = ["Requests", "Credits", "Dollars"];
  showTable(find("workers"), labels, spenders(cost.workers || [], (one) => one.worker, (one) => one.worker));
  showTable(find("classes"), labels, spenders(cost.classes || [], (one) => `${one.chain}/${one.class}`,
    (one) => `${one.chain}, ${words(one.class)}`));
}

function tell(event) {
  if (event.of === "call") {
    return event.to ? [`${event.to} answered for ${event.from}`, "is-warn", `${words(event.why)}, ${event.what}`]
      : [`nobody answered after ${event.from}`, "is-bad", `${words(event.why)}, ${event.what}`];
  }
  if (event.of === "feed") {
    return event.why === "live" ? [`${event.from} tells ${words(event.what)}`, "is-good", "feed source is live"]
      : [`${event.from} tells ${words(event.what)} no more`, "is-warn", `feed source ${words(event.why)}`];
  }
  return [`${event.from} is ${words(event.to)}`, markOfState[event.to] || "", `${words(event.why)}, ${event.what}`];
}
const kEventsShown = 12;

function showRecent(events) {
  find("recent-empty").hidden = events.length > 0;
  put(find("recent-sum"), events.length > kEventsShown ? `the newest ${kEventsShown} of ${events.length}` : "");
  sync(find("recent"), events.slice(0, kEventsShown),
    (event) => String(event.id), () => {
    const item = make("li");
    item.append(make("time"), make("span"), make("span", "sub"));
    return item;
  }, (item, event) => {
    const [text, className, detail] = tell(event);
    put(item.children[0], event.age_ms < 2000 ? "now" : `${span(event.age_ms)} ago`);
    put(item.children[1], text);
    mark(item.children[1], `mark ${className}`);
    put(item.children[2], `${event.chain}: ${detail}` +
      (event.count > 1 ? `, ${whole(event.count)} times in ${span(event.began_ms - event.age_ms)}` : ""));
  });
}

function showState(status) {
  const usable = (one) => one.takes_calls !== false && (one.state === "healthy" || one.state === "degraded");
  const down = status.chains.filter((chain) => !chain.endpoints.some(usable)).map((chain) => chain.name);
  const ill = status.chains.flatMap((chain) => chain.endpoints).filter((one) => one.state !== "healthy" && one.state !== "drained").length;
  const [text, className] = down.length > 0 ? [`No provider for ${down.join(", ")}`, "is-bad"]
    : ill > 0 ? [`${plural(ill, "endpoint is", "endpoints are")} not well`, "is-warn"] : ["All is well", "is-good"];
  put(find("state"), text);
  mark(find("state"), `pill mark ${className}`);
  put(find("facts"), `version ${status.version} · up ${span(status.uptime_ms)}`);
  document.title = `${text} · rpc-sidecar`;
}

function show(status) {
  showState(status);
  showTiles(status);
  sync(find("chains"), status.chains, (chain) => chain.name, createChain,
    (section, chain) => showChain(section, chain, status.cost));
  showRecent(status.recent || []);
  showSessions(status.sessions);
  showFeeds(status);
  showCost(status.cost);
  document.body.dataset.updates = Number(document.body.dataset.updates || 0) + 1;
}

function connect() {
  const source = new EventSource("/events");
  source.addEventListener("status", (event) => {
    document.body.classList.remove("is-stale");
    show(JSON.parse(event.data));
  });
  source.addEventListener("error", () => {
    document.body.classList.add("is-stale");
    put(find("state"), "Connection lost, trying again");
    mark(find("state"), "pill mark is-bad");
    if (source.readyState === EventSource.CLOSED) setTimeout(connect, 3000);
  });
}
connect();
