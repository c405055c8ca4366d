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

const openapi = await schemaOf("openapi.json", "export_openapi");
const header = (source) => `// Generated from ${source} by \`npm run generate\`. Do not edit.\n`;
await writeFile(
  new URL("openapi.gen.ts", api),
  header("openapi.json") + astToString(await openapiTS(openapi, { alphabetize: true })),
);

const messages = await schemaOf("messages.schema.json", "export_wire_types");
await writeFile(
  new URL("messages.gen.ts", api),
  await compile(messages, "WireMessages", {
    bannerComment: header("messages.schema.json").trim(),
    additionalProperties: false,
    unreachableDefinitions: true,
  }),
);
