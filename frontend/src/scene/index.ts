/** The 3D scene of a recording. See docs/reference/scene.md. */

export type { TurntableOptions } from "./capture";
export { SCENE_KEYS } from "./hand";
export { Scene3D } from "./scene3d";
export {
  ALL_LAYERS,
  type FloorBounds,
  type Layers,
  type PickedJoint,
  type SceneCamera,
  SceneError,
  type SceneErrorCode,
  type SceneEvents,
  type SceneIndividual,
  type SceneOptions,
  type SceneTheme,
  type Trail,
} from "./types";
export { formatViewpoint, type Orbit, type Preset, parseViewpoint, type Viewpoint } from "./viewpoint";
