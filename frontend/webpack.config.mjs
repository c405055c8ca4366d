import path from "node:path";
import { fileURLToPath } from "node:url";
import CssMinimizerPlugin from "css-minimizer-webpack-plugin";
import MiniCssExtractPlugin from "mini-css-extract-plugin";
import BundleTracker from "webpack-bundle-tracker";

const here = path.dirname(fileURLToPath(import.meta.url));
const dist = path.join(here, "dist");

/** One entry; every island is a lazy chunk. No eval anywhere: the content policy forbids it. */
export default (_env, { mode }) => {
  const production = mode === "production";
  return {
    context: here,
    mode,
    target: ["web", "es2022"],
    entry: { main: "./src/index.ts" },
    // Maps are files of their own: the `eval` kinds break under the content policy.
    devtool: "source-map",
    output: {
      path: dist,
      // 'auto' resolves chunks beside the script that asked, so /static/ may move (CDN, prefix).
      publicPath: "auto",
      filename: production ? "[name].[contenthash:12].js" : "[name].js",
      chunkFilename: production ? "[name].[contenthash:12].js" : "[name].js",
      assetModuleFilename: "[name].[contenthash:12][ext]",
      clean: true,
    },
    resolve: { extensions: [".tsx", ".ts", ".js"] },
    module: {
      rules: [
        {
          test: /\.tsx?$/,
          exclude: /node_modules/,
          use: {
            loader: "swc-loader",
            options: {
              jsc: {
                parser: { syntax: "typescript", tsx: true },
                transform: { react: { runtime: "automatic", importSource: "preact" } },
                target: "es2022",
              },
            },
          },
        },
        { test: /\.css$/, use: [MiniCssExtractPlugin.loader, "css-loader"] },
      ],
    },
    plugins: [
      new MiniCssExtractPlugin({
        filename: production ? "[name].[contenthash:12].css" : "[name].css",
        chunkFilename: production ? "[name].[contenthash:12].css" : "[name].css",
      }),
      new BundleTracker({ path: dist, filename: "webpack-stats.json" }),
    ],
    optimization: {
      minimizer: ["...", new CssMinimizerPlugin()],
    },
    performance: { hints: false },
  };
};
