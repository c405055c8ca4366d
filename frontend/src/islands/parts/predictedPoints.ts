import { problemOf } from "../../api/problem";
import { parseWindow } from "../studio/predictions";
import type { Point } from "./markedFrame";

/** What a result says of one frame: the points of all individuals, or of the one in that place. */
export async function readPredictedPoints(
  resultId: number,
  frame: number,
  individual?: number,
): Promise<Point[]> {
  const response = await fetch(`/api/v1/results/${resultId}/window?start=${frame}&stop=${frame + 1}`);
  if (!response.ok) throw await problemOf(response);
  const shape = response.headers.get("X-Shape") ?? "";
  const { values } = parseWindow(await response.arrayBuffer(), shape, frame);
  const [, individuals = 1] = shape.split(",").map(Number);
  const each = values.length / individuals;
  const [from, to] =
    individual === undefined ? [0, values.length] : [individual * each, (individual + 1) * each];
  const points: Point[] = [];
  for (let at = from; at < to; at += 3) {
    const [x, y] = [values[at] ?? Number.NaN, values[at + 1] ?? Number.NaN];
    if (Number.isFinite(x) && Number.isFinite(y)) points.push({ x, y });
  }
  return points;
}
