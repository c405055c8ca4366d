import { describe, expect, it } from "vitest";
import { LabelStore } from "../../src/labels/labelStore";
import { ABSENT, type Operation, UNLABELLED } from "../../src/labels/types";
import { at } from "./fakes";

const blank = [UNLABELLED, UNLABELLED, UNLABELLED];

function operation(frame_index: number, keypoint: number, x: number, video_id = 7): Operation {
  const uuid = `${frame_index}/${keypoint}`;
  return {
    uuid,
    seq: 1,
    video_id,
    frame_index,
    animal_id: 1,
    keypoint,
    base_rev: 0,
    change: at(x),
    attempted: false,
  };
}

describe("LabelStore", () => {
  it("lays waiting operations over what the server has, and takes them away again", () => {
    const store = new LabelStore(7, 3);
    store.take([{ frame_index: 4, animal_id: 1, rev: 2, keypoints: [at(1), at(2), UNLABELLED] }]);
    store.setWaiting([operation(4, 1, 20), operation(9, 0, 5), operation(4, 2, 99, 8)]);
    expect(store.instance(4, 1)?.keypoints).toEqual([at(1), at(20), UNLABELLED]);
    expect([...store.progressByFrame().keys()]).toEqual([4, 9]);
    store.setWaiting([]);
    expect(store.instance(4, 1)?.keypoints).toEqual([at(1), at(2), UNLABELLED]);
    expect(store.instance(9, 1)).toBeUndefined();
  });

  it("tells how far a frame is: of the animals on which somebody decided something", () => {
    const store = new LabelStore(7, 3);
    store.take([
      { frame_index: 4, animal_id: 1, rev: 2, keypoints: [at(1), ABSENT, UNLABELLED] },
      { frame_index: 4, animal_id: 2, rev: 2, keypoints: [at(1), at(2), at(3)] },
      { frame_index: 5, animal_id: 1, rev: 2, keypoints: [ABSENT, ABSENT, ABSENT] },
      { frame_index: 5, animal_id: 2, rev: 2, keypoints: blank },
      { frame_index: 6, animal_id: 1, rev: 2, keypoints: blank },
    ]);
    expect([...store.progressByFrame()]).toEqual([
      [4, { decided: 5, total: 6 }],
      [5, { decided: 3, total: 3 }],
    ]);
    store.setWaiting([operation(4, 2, 20)]);
    expect(store.progressByFrame().get(4)).toEqual({ decided: 6, total: 6 });
  });

  it("drops an older answer that arrives late", () => {
    const store = new LabelStore(7, 3);
    store.take([{ frame_index: 4, animal_id: 1, rev: 3, keypoints: [at(3), ...blank.slice(1)] }]);
    store.take([{ frame_index: 4, animal_id: 1, rev: 2, keypoints: [at(2), ...blank.slice(1)] }]);
    expect(store.value({ frame_index: 4, animal_id: 1, keypoint: 0 })).toEqual(at(3));
  });

  it("finds the nearest earlier pose of the same animal that has a position", () => {
    const store = new LabelStore(7, 3);
    const pose = (
      frame_index: number,
      animal_id: number,
      keypoints = [at(frame_index), ...blank.slice(1)],
    ) => ({
      frame_index,
      animal_id,
      rev: 1,
      keypoints,
    });
    store.take([pose(2, 1), pose(10, 1), pose(20, 1, blank), pose(25, 2), pose(40, 1)]);
    expect(store.previousPose(30, 1)?.frame_index).toBe(10);
    expect(store.previousPose(2, 1)).toBeUndefined();
  });
});
