// Keeping a catalogue: making, changing and retiring rows, with what changes shown before.
//
//   editButton(label, {noun, path, row?, fields, body?, refine?, done}) → a button
//     fields  as for field() of dom.js, and besides these types:
//             picture  an address, or a file that is uploaded when it is saved
//             json     a document; list: parted by commas (numbers: true for ids)
//             `none`: what an empty field means (null unless said otherwise); `sendsEmpty`: an empty
//             one is sent for a new row too, where leaving it out would mean something else
//     body    {element, read(values) → {name: value}, check?(values)} for what no field can say;
//             check may throw: then nothing can be saved
//     row     the row that is changed: only what is another is sent; without it a new one is made
//   switchButton({noun, path, row, done}) → retires a row, or brings it back
//   told(result)  says which run follows a change of the catalogue, if one does

import { actButton } from "/web/console/action.js";
import { send, upload } from "/web/console/api.js";
import { toast } from "/web/console/dom.js";
import { hundredths } from "/web/console/format.js";

const ASSET = "An address of the platform's own, or upload a file below.";

function shown(field, row) {
  const value = row ? row[field.name] : field.value;
  if (field.type === "json") return value === null || value === undefined ? "" : JSON.stringify(value, null, 1);
  if (field.type === "list") return (value ?? []).join(", ");
  return value ?? "";
}

function drawn(fields, row) {
  return fields.flatMap((field) => {
    const { none, numbers, sendsEmpty, ...rest } = field;
    const value = shown(field, row);
    if (field.type === "picture") {
      return [
        { ...rest, type: "text", value, help: field.help ?? ASSET },
        { name: `${field.name}_file`, label: `${field.label}: upload`, type: "file", accept: "image/*" },
      ];
    }
    if (field.type === "json") return [{ ...rest, type: "textarea", value, spellcheck: "false" }];
    if (field.type === "list") return [{ ...rest, type: "text", value }];
    return [{ ...rest, value }];
  });
}

function read(field, values) {
  const value = values[field.name];
  const none = field.none === undefined ? null : field.none;
  if (field.type === "picture") return values[`${field.name}_file`] ?? value ?? none;
  if (value === null) return none;
  if (field.type === "json") {
    try {
      return JSON.parse(value);
    } catch (error) {
      throw new Error(`${field.label}: ${error.message}`);
    }
  }
  if (field.type === "list") {
    const parts = String(value).split(",").map((one) => one.trim()).filter(Boolean);
    return parts.length === 0 ? none : field.numbers ? parts.map(Number) : parts;
  }
  if (field.type === "select" && field.numbers) return Number(value);
  return value;
}

// The database orders the names in a document by itself.
const sorted = (_, value) =>
  (value !== null && typeof value === "object" && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).sort()) : value);
const plain = (value) => JSON.stringify(value ?? null, sorted);

function isSame(field, before, after) {
  if (after instanceof File) return false;
  if (field.type === "money" && before !== null && after !== null && /^\d+(\.\d{1,2})?$/.test(after)) return hundredths(before) === hundredths(after);
  return plain(before) === plain(after);
}

const words = (value) => {
  if (value instanceof File) return `upload of ${value.name}`;
  if (value === true || value === false) return value ? "yes" : "no";
  if (value !== null && typeof value === "object") return JSON.stringify(value);
  return value;
};

export function told(result) {
  const run = result?.run;
  if (run) toast(`Run ${run.id} goes through everybody it is about; its progress stands under Catalogue runs.`);
}

export function editButton(label, { noun, path, row = null, fields, body, done, ...options }) {
  const part = body?.(row);
  function changed(values) {
    const given = { ...Object.fromEntries(fields.map((one) => [one.name, read(one, values)])), ...part?.read(values) };
    const known = new Map(fields.map((one) => [one.name, one]));
    return Object.entries(given).map(([name, after]) => ({
      field: known.get(name) ?? { name, label: part.label },
      before: row ? (row[name] ?? null) : null,
      after: after ?? null,
    })).filter(({ field, before, after }) => (row === null && field.sendsEmpty) || !isSame(field, before, after));
  }
  return actButton(label, {
    title: row ? `Change ${noun} ${row.id}` : `New ${noun}`,
    submit: row ? "Save" : `Add ${noun}`,
    fields: drawn(fields, row),
    body: part?.element,
    changes: async (values) => {
      const rows = changed(values);
      await part?.check?.(values);
      return rows.map(({ field, before, after }) => ({ label: field.label, before: words(before), after: words(after) }));
    },
    run: async (values) => {
      const sent = { reason: values.reason };
      for (const { field, after } of changed(values)) {
        sent[field.name] = after instanceof File ? (await upload("/admin/uploads", after)).url : after;
      }
      const result = await send(row ? "PATCH" : "POST", row ? `${path}/${row.id}` : path, sent);
      told(result);
      return result;
    },
    done,
    ...options,
  });
}

export function switchButton({ noun, path, row, done }) {
  const isActive = row.is_active;
  return actButton(isActive ? "Retire" : "Bring back", {
    title: `${isActive ? "Retire" : "Bring back"} ${noun} ${row.name ?? row.id}`,
    danger: isActive,
    changes: () => [{ label: "Active", before: isActive ? "yes" : "no", after: isActive ? "no" : "yes" }],
    run: async ({ reason }) => {
      const result = await send("PATCH", `${path}/${row.id}`, { reason, is_active: !isActive });
      told(result);
      return result;
    },
    done,
  });
}
