// The API reference, rendered from openapi.json without a viewer from another host: it works offline.

const make = (tag, text = "", ...children) => {
  const element = document.createElement(tag);
  element.textContent = text;
  element.append(...children);
  return element;
};

let components = {};
const resolve = (schema) => (schema?.$ref ? components[schema.$ref.split("/").pop()] : schema) ?? {};

function typeOf(schema) {
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.enum) return schema.enum.join(" | ");
  if (schema.const) return String(schema.const);
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(" or ");
  if (schema.type === "array") return `list of ${typeOf(schema.items ?? {})}`;
  return [schema.type, schema.format].filter(Boolean).join(", ");
}

function table(head, rows) {
  const line = (cells, tag) => make("tr", "", ...cells.map((cell) => make(tag, cell)));
  const body = make("table", "", line(head, "th"));
  body.append(...rows.map((row) => line(row, "td")));
  return body;
}

const meaning = (schema) => schema.description ?? schema.anyOf?.map((part) => part.description).find(Boolean) ?? "";

function fields(schema) {
  const known = resolve(schema);
  const required = new Set(known.required ?? []);
  const rows = Object.entries(known.properties ?? {}).map(([name, field]) => [
    name, typeOf(field), required.has(name) ? "yes" : "no", meaning(field),
  ]);
  const title = make("p", known.title ?? "");
  title.className = "shape";
  return rows.length ? [title, table(["field", "type", "always there", "meaning"], rows)] : [];
}

function call(method, path, operation) {
  const title = make("summary", "", make("code", `${method.toUpperCase()} ${path}`), make("span", operation.summary ?? ""));
  const parts = [title, make("p", operation.description ?? "")];
  const parameters = operation.parameters ?? [];
  if (parameters.length)
    parts.push(make("h2", "Parameters"), table(["name", "in", "type", "meaning"],
      parameters.map((one) => [one.name, one.in, typeOf(one.schema), one.description ?? ""])));
  const sent = operation.requestBody?.content?.["application/json"]?.schema;
  if (sent) parts.push(make("h2", "Body"), ...fields(sent));
  parts.push(make("h2", "Answers"));
  for (const [status, answer] of Object.entries(operation.responses)) {
    const schema = answer.content?.["application/json"]?.schema;
    parts.push(make("p", "", make("b", status), ` ${answer.description}`));
    if (schema && status.startsWith("2")) for (const one of schema.anyOf ?? [schema]) parts.push(...fields(one));
  }
  const box = make("details", "", ...parts);
  box.className = "call card";
  return box;
}

try {
  const api = await (await fetch("/openapi.json")).json();
  components = api.components?.schemas ?? {};
  document.getElementById("description").textContent = api.info.description.replaceAll("`", "");
  for (const [path, operations] of Object.entries(api.paths))
    for (const [method, operation] of Object.entries(operations))
      if (!operation.tags?.includes("aliases")) document.getElementById("calls").append(call(method, path, operation));
} catch {
  const notice = document.getElementById("notice");
  notice.textContent = "The description of the API could not be loaded.";
  notice.hidden = false;
}
