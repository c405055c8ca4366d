/** Writes src/api/*.gen.ts from the two schemas that the server exports. Never edit those files. */
import { readFile, writeFile } from "node:fs/promises";
import { compile } from "json-schema-to-typescript";
import openapiTS, { astToString } from "openapi-typescript";

const api = new URL("../src/api/", import.meta.url);

async function schemaOf(name, command) {
  const text = await readFile(new URL(name, api), "utf8").catch(() => {
    throw new Error(`src/api/${name} is missing: run \`python manage.py ${command}\` first.`);
  });
  return JSON.parse(text);
}

/** Titles of single fields would become type names of their own; the names of the messages are enough. */
function withoutTitles(node) {
  if (Array.isArray(node)) return node.map(withoutTitles);
  if (node === null || typeof node !== "object") return node;
  const kept = Object.entries(node).filter(([key, value]) => key !== "title" || typeof value !== "string");
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutTitles(value)]));
}

/** A message always carries its tag; as a field with a default, the schema would let it be absent. */
function withTags(schema) {
  for (const message of Object.values(schema.$defs ?? {})) {
    const { type } = message.properties ?? {};
    if (type?.const) message.required = [...new Set([...(message.required ?? []), "type"])];
  }
  return schema;
}

const openapi = await schemaOf("openapi.json", "export_openapi");
const header = (source) => `// Generated from ${source} by \`npm run generate\`. Do not edit.\n`;
await writeFile(
  new URL("openapi.gen.ts", api),
  header("openapi.json") +
    astToString(await openapiTS(openapi, { alphabetize: true, defaultNonNullable: false })),
);

const messages = await schemaOf("messages.schema.json", "export_wire_types");
await writeFile(
  new URL("messages.gen.ts", api),
  await compile(withTags(withoutTitles(messages)), "WireTypes", {
    bannerComment: header("messages.schema.json").trim(),
    additionalProperties: false,
    unreachableDefinitions: true,
  }),
);
