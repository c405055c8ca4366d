/**
 * Builds the test page of the scene: `node tests/scene/page/build.mjs OUT`. With the rules of the product's
 * bundle, but apart from it: no page of the studio carries test code.
 */
import { copyFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import MiniCssExtractPlugin from "mini-css-extract-plugin";
import webpack from "webpack";
import configure from "../../../webpack.config.mjs";

const here = path.dirname(fileURLToPath(import.meta.url));
const out = process.argv[2];
if (!out) throw new Error("Say where to: node tests/scene/page/build.mjs OUT");

const product = configure({}, { mode: "production" });
const config = {
  ...product,
  entry: { main: path.join(here, "page.ts") },
  output: { ...product.output, path: path.resolve(out), filename: "main.js", chunkFilename: "[name].js" },
  plugins: [new MiniCssExtractPlugin({ filename: "main.css" })],
  devtool: false,
};
const stats = await new Promise((resolve, reject) => {
  webpack(config, (error, result) => (error ? reject(error) : resolve(result)));
});
if (stats.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }));
await copyFile(path.join(here, "index.html"), path.join(out, "index.html"));
