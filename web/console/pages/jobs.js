// Jobs: what waits, runs, failed and why; run again, or given up. Asked anew while it is open.

import { actButton } from "/web/console/action.js";
import { get, send } from "/web/console/api.js";
import { card, facts, figures, grid } from "/web/console/card.js";
import { h, put } from "/web/console/dom.js";
import { ago, count, tag, time } from "/web/console/format.js";
import { listing, table } from "/web/console/table.js";

const STATES = ["", "waiting", "retrying", "running", "stalled", "failed", "dead"];
const KINDS = { waiting: "plain", retrying: "warn", running: "info", stalled: "warn", failed: "bad", dead: "bad" };
const WORDS = {
  waiting: "not tried yet", retrying: "went wrong, waits for its next try", running: "at a worker",
  stalled: "its worker is silent; put back soon", failed: "ended with words", dead: "given up",
};
const EVERY_MS = 10_000;

const state = (name) => h("span", { title: WORDS[name] }, tag(name, KINDS[name]));

export const page = {
  path: "/jobs",
  title: "Jobs",
  nav: "Jobs",
  group: "Platform",
  right: "jobs.view",
  order: 10,
  async show(root, { session, onLeave }) {
    const top = h("div", { class: "stack" });
    const detail = h("div", { class: "stack" });
    const mayAct = session.may("jobs.manage");

    async function look() {
      const summary = await get("/admin/jobs/summary");
      const sums = Object.fromEntries(STATES.slice(1).map((name) => [name, 0]));
      for (const one of summary.tasks) sums[one.state] += one.jobs;
      const alive = summary.workers.filter((one) => one.is_alive).length;
      const byTask = new Map();
      for (const one of summary.tasks) byTask.set(one.task, { ...byTask.get(one.task), task: one.task, [one.state]: one.jobs });
      put(top,
        figures([
          ...Object.entries(sums).map(([name, number]) => ({
            label: name.charAt(0).toUpperCase() + name.slice(1), value: count(number), note: WORDS[name],
            kind: number && ["failed", "dead"].includes(name) ? "bad" : number && ["stalled", "retrying"].includes(name) ? "warn" : undefined,
          })),
          { label: "Workers", value: `${alive} alive`, note: summary.oldest_waiting_at ? ["The oldest waits since ", ago(summary.oldest_waiting_at)] : "Nothing waits.", kind: alive ? "good" : "bad" },
        ]),
        grid(
          card("By task", {}, table({
            caption: "Jobs by task", rows: [...byTask.values()], empty: "No jobs at all.",
            columns: [{ name: "task", label: "Task" }, ...STATES.filter((name) => sums[name]).map((name) => ({ name, label: name, numeric: true, render: (number) => count(number ?? 0) }))],
          })),
          card("Workers", { note: "A worker that is silent for 30 seconds counts as dead, and its jobs are put back." }, table({
            caption: "Workers", rows: summary.workers, empty: "No worker has ever come.",
            columns: [
              { name: "id", label: "Worker", numeric: true },
              { name: "is_alive", label: "State", render: (isAlive) => tag(isAlive ? "alive" : "silent", isAlive ? "good" : "bad") },
              { name: "last_heartbeat", label: "Last heartbeat", render: ago },
              { name: "running", label: "Jobs", numeric: true },
            ],
          }))));
    }

    function decide(job, after) {
      if (!mayAct) return null;
      const again = ["failed", "dead"].includes(job.state) ? actButton("Retry", {
        title: `Run job ${job.id} again`,
        note: "It gets all its tries anew.",
        changes: () => [{ label: job.task, before: job.state, after: "waiting" }],
        run: ({ reason }) => send("POST", `/admin/jobs/${job.id}/retry`, { reason }),
        done: after,
      }) : null;
      const never = ["waiting", "retrying", "failed"].includes(job.state) ? actButton("Give up", {
        title: `Give up job ${job.id}`,
        danger: true,
        note: "It never runs unless somebody retries it.",
        changes: () => [{ label: job.task, before: job.state, after: "dead" }],
        run: ({ reason }) => send("POST", `/admin/jobs/${job.id}/give-up`, { reason }),
        done: after,
      }) : null;
      return again || never ? h("span", { class: "acts" }, again, never) : null;
    }

    async function open(id) {
      const job = await get(`/admin/jobs/${id}`);
      const after = () => { list.reload(); look(); open(id); };
      const close = h("button", { type: "button", onclick: () => put(detail) }, "Close");
      put(detail, card(`Job ${job.id}: ${job.task}`, { tools: [decide(job, after), close] },
        facts([
          ["State", state(job.state)], ["Queue", job.queue], ["Tries before", count(job.attempts)], ["Priority", job.priority],
          ["Deferred", time(job.deferred_at)], ["Not before", time(job.available_at)], ["Begun", time(job.started_at)],
          ["Ended", time(job.ended_at)], ["Worker", job.worker_id],
        ]),
        h("h3", {}, "Arguments"), h("pre", { class: "words", tabindex: 0 }, JSON.stringify(job.arguments, null, 2)),
        job.exception ? [h("h3", {}, "What it said, ", job.exception_at ? ago(job.exception_at) : null), h("pre", { class: "words", tabindex: 0 }, job.exception)] : null,
        h("h3", {}, "What happened"),
        table({
          caption: "What happened to the job", rows: job.events, columns: [
            { name: "type", label: "Event", render: (type) => type.replaceAll("_", " ") }, { name: "at", label: "When", render: time },
          ],
        })));
      detail.scrollIntoView({ block: "start" });
      detail.querySelector("button")?.focus();
    }

    const list = listing({
      caption: "Jobs",
      path: "/admin/jobs",
      filters: [
        { name: "state", label: "State", type: "select", options: STATES },
        { name: "task", label: "Task", type: "text", placeholder: "accounts.reset_mail" },
        { name: "q", label: "Find", type: "search", placeholder: "Id, part of a task, or an argument" },
      ],
      empty: "No jobs like that.",
      columns: [
        { name: "id", label: "Job", render: (id) => h("button", { type: "button", onclick: () => open(id) }, `#${id}`) },
        { name: "task", label: "Task" },
        { name: "state", label: "State", render: state },
        { name: "arguments", label: "Arguments", wide: true, render: (given) => h("code", { class: "code" }, JSON.stringify(given)) },
        { name: "attempts", label: "Tries", numeric: true },
        { name: "deferred_at", label: "Deferred", render: ago },
        { name: "available_at", label: "Not before", render: ago },
        { name: "exception", label: "Last words", wide: true, render: (said) => (said ? said.trim().split("\n").at(-1).slice(0, 160) : null) },
        ...(mayAct ? [{ name: "act", label: "", render: (_, row) => decide(row, () => { list.reload(); look(); }) }] : []),
      ],
    });
    await look();
    root.append(top, list, detail);
    const timer = setInterval(() => { if (!document.hidden) look().catch(() => {}); }, EVERY_MS);
    onLeave(() => clearInterval(timer));
  },
};
