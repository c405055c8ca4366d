import { render } from "preact";
import { expect, it, vi } from "vitest";
import type { TrainingOptions } from "../../../src/api/types";
import type { ModelsData, ModelsPage } from "../../../src/islands/models";
import { costWords } from "../../../src/islands/models/network";
import { TrainForm } from "../../../src/islands/models/train";
import { type Call, problem, serverOf } from "../server";

const family = (name: string, title: string, more: object = {}) => ({
  ...{ name, title, summary: `What ${title} does.`, misfit: "", most_members: 5, backbones: [] },
  ...{ temporal_context: false, uses_unlabelled: false },
  ...more,
});
const OPTIONS: TrainingOptions = {
  family: "two_stage",
  families: [
    family("two_stage", "Two stages", { uses_unlabelled: true }),
    family("pyramid", "Pyramid", { temporal_context: true, uses_unlabelled: true }),
    family("deeplabcut", "DeepLabCut", {
      backbones: [
        { name: "small_resnet", title: "Small", summary: "Quick." },
        { name: "lab:dino", title: "dino", summary: "Pretrained weights." },
      ],
    }),
    family("bottom_up", "Bottom up", { misfit: "This project has one animal.", most_members: 1 }),
  ],
  members: [1, 2, 3].map((members) => ({
    ...{
      members,
      times: members,
      share_seen: 1 - (members > 1 ? 1 / members : 0),
      frames_needed: 8 * members,
    },
  })),
  ...{ unlabelled: ["a/cam-1", "b/cam-1", "c/cam-1"], most_unlabelled: 2, context_misfit: "" },
  animals: 1,
  animals_look_alike: false,
};

function shown(
  options: TrainingOptions = OPTIONS,
  answer: (call: Call) => { status?: number; body: unknown } = () => ({ body: { job: {}, model: {} } }),
  models: readonly object[] = [],
  recordings: readonly object[] = [],
) {
  const server = serverOf(answer);
  const refresh = vi.fn(async () => {});
  const props = { projectId: 7, capabilities: ["train"], urls: { label: "/label/" } };
  const page = { api: server.api, props, refresh, feed: { put: vi.fn() } } as unknown as ModelsPage;
  const project = { counts: { labelled_frames: 40 }, skeleton: { keypoints: ["snout", "tail"] } };
  const data = { project, recordings, models, options } as unknown as ModelsData;
  const root = document.createElement("div");
  document.body.replaceChildren(root);
  window.scrollTo = vi.fn();
  render(<TrainForm {...page} data={data} />, root);
  const radio = (words: string) =>
    [...root.querySelectorAll("label.choice")]
      .find((label) => label.textContent?.startsWith(words))
      ?.querySelector("input") as HTMLInputElement;
  const select = (id: string) => root.querySelector<HTMLSelectElement>(`#${id}`);
  const choose = (id: string, value: string) => {
    const found = select(id);
    if (!found) throw new Error(`no ${id}`);
    found.value = value;
    found.dispatchEvent(new Event("change"));
  };
  const train = async () => {
    root.querySelector<HTMLButtonElement>("button[type=submit]")?.click();
    await vi.waitFor(() => expect(server.calls.length).toBeGreaterThan(0));
    return server.calls.at(-1);
  };
  return { root, server, refresh, radio, select, choose, train };
}

it("keeps the choice folded away, says what it is, and follows the project", async () => {
  const { root, train } = shown();
  expect(root.querySelector("details")?.open).toBe(false);
  expect(root.querySelector("summary")?.textContent).toBe("More · Two stages");
  expect(root.textContent).not.toContain("Your 1 animals");
  expect(await train()).toMatchObject({
    path: "/api/v1/projects/7/models",
    body: { family: "two_stage", members: 1, backbone: "auto", context_frames: 0, unlabelled: [] },
  });
});

it("offers every family with its sentence, and says why one cannot be chosen", () => {
  const { root, radio } = shown();
  expect(radio("Two stages").checked).toBe(true);
  expect(radio("Two stages").disabled).toBe(false);
  expect(root.textContent).toContain("What DeepLabCut does.");
  expect(radio("Bottom up").disabled).toBe(true);
  expect(root.textContent).toContain("This project has one animal.");
  expect(root.textContent).not.toContain("What Bottom up does.");
});

it("trains with the family, networks and backbone that were chosen", async () => {
  const { root, radio, select, choose, train } = shown();
  expect(select("train-backbone")).toBeNull();
  radio("DeepLabCut").click();
  await vi.waitFor(() => expect(select("train-backbone")?.value).toBe("small_resnet"));
  choose("train-backbone", "lab:dino");
  choose("train-members", "3");
  await vi.waitFor(() =>
    expect(root.querySelector("summary")?.textContent).toBe("More · DeepLabCut, 3 networks"),
  );
  expect(root.textContent).toContain("about 3 times as long");
  expect((await train())?.body).toMatchObject({ family: "deeplabcut", members: 3, backbone: "lab:dino" });
});

it("does not carry a backbone over to a family that has none", async () => {
  const { radio, select, choose, train } = shown();
  radio("DeepLabCut").click();
  await vi.waitFor(() => expect(select("train-backbone")).not.toBeNull());
  choose("train-backbone", "lab:dino");
  radio("Two stages").click();
  await vi.waitFor(() => expect(select("train-backbone")).toBeNull());
  expect((await train())?.body).toMatchObject({ family: "two_stage", backbone: "auto" });
});

it("asks of several animals whether they look alike, and tells the project", async () => {
  const { root, radio, server, refresh } = shown({ ...OPTIONS, animals: 2 });
  expect(root.textContent).toContain("Your 2 animals");
  expect(radio("Look different").checked).toBe(true);
  radio("Look alike").click();
  await vi.waitFor(() => expect(refresh).toHaveBeenCalled());
  expect(server.calls).toEqual([
    { method: "PATCH", path: "/api/v1/projects/7", body: { animals_look_alike: true } },
  ]);
});

it("trains one network where the family of the project takes no more", async () => {
  const families = [
    family("two_stage", "Two stages", { misfit: "They look alike." }),
    family("bottom_up", "Bottom up", { most_members: 1 }),
  ];
  const { root, select, train } = shown({
    ...OPTIONS,
    ...{ families, family: "bottom_up", animals: 2, animals_look_alike: true },
  });
  expect(select("train-members")?.disabled).toBe(true);
  expect(root.textContent).toContain("trained as one network");
  expect((await train())?.body).toMatchObject({ family: "bottom_up", members: 1 });
});

it("lets a network see the frames before and after, where its family can", async () => {
  const { root, radio, choose, train } = shown();
  expect(radio("Two frames before").disabled).toBe(true);
  expect(root.textContent).toContain("Two stages sees each frame alone. Pyramid can.");
  radio("Pyramid").click();
  await vi.waitFor(() => expect(radio("Two frames before").disabled).toBe(false));
  radio("Two frames before").click();
  await vi.waitFor(() =>
    expect(root.querySelector("summary")?.textContent).toBe("More · Pyramid, 2 frames before and after"),
  );
  choose("train-members", "3");
  await vi.waitFor(() => expect(radio("Two frames before").disabled).toBe(true));
  expect(radio("Labelled frames alone").checked).toBe(true);
  choose("train-members", "1");
  await vi.waitFor(() => expect(radio("Two frames before").checked).toBe(true));
  expect((await train())?.body).toMatchObject({ family: "pyramid", context_frames: 2, unlabelled: [] });
});

it("learns from unlabelled video: as many as are taken, until somebody says which", async () => {
  const { root, radio, train } = shown();
  const box = (name: string) =>
    [...root.querySelectorAll("label.check")]
      .find((label) => label.textContent === name)
      ?.querySelector("input") as HTMLInputElement;
  const button = () => root.querySelector<HTMLButtonElement>("button[type=submit]");
  radio("Unlabelled video").click();
  await vi.waitFor(() => expect(box("a/cam-1").checked).toBe(true));
  expect(root.querySelectorAll("label.check input:checked")).toHaveLength(2);
  for (const name of ["a/cam-1", "b/cam-1", "c/cam-1"]) if (!box(name).checked) box(name).click();
  await vi.waitFor(() => expect(root.textContent).toContain("At most 2 unlabelled videos: untick some."));
  expect(button()?.disabled).toBe(true);
  for (const name of ["a/cam-1", "b/cam-1", "c/cam-1"]) box(name).click();
  await vi.waitFor(() => expect(root.querySelector("[role=status]")?.textContent).toContain("Tick an unlab"));
  expect(button()?.disabled).toBe(true);
  box("c/cam-1").click();
  await vi.waitFor(() => expect(button()?.disabled).toBe(false));
  expect(root.querySelector("summary")?.textContent).toBe("More · Two stages, 1 unlabelled video");
  expect((await train())?.body).toMatchObject({ context_frames: 0, unlabelled: ["c/cam-1"] });
});

it("does not look at videos that are held out whole", async () => {
  const recordings = ["a", "b"].map((name) => ({ name, videos: [{ state: "ready", view: "cam-1" }] }));
  const { root, radio, train } = shown(OPTIONS, undefined, [], recordings);
  radio("Unlabelled video").click();
  radio("Whole videos").click();
  const heldOut = () => root.querySelector('fieldset:has(input[type="checkbox"])');
  await vi.waitFor(() => expect(heldOut()?.textContent).toContain("a/cam-1"));
  heldOut()?.querySelector("input")?.click();
  await vi.waitFor(() =>
    expect(root.querySelector("summary")?.textContent).toBe("More · Two stages, 2 unlabelled videos"),
  );
  expect((await train())?.body).toMatchObject({
    holdout: "videos:a/cam-1",
    unlabelled: ["b/cam-1", "c/cam-1"],
  });
});

it("says where no family of the project can see more, and where pictures have no neighbours", () => {
  const families = OPTIONS.families.map((one) =>
    one.name === "bottom_up" ? { ...one, misfit: "" } : { ...one, misfit: "They look alike." },
  );
  const alike = shown({ ...OPTIONS, families, family: "bottom_up" });
  expect(alike.root.textContent).toContain(
    "Bottom up sees each frame alone. No family that suits this project can.",
  );
  expect(alike.root.textContent).toContain(
    "learns from labels alone. No family that suits this project can.",
  );
  const stills = shown({ ...OPTIONS, family: "pyramid", context_misfit: "It is a folder of pictures." });
  expect(stills.radio("Two frames before").disabled).toBe(true);
  expect(stills.root.textContent).toContain("It is a folder of pictures.");
});

it("cannot learn from unlabelled video where there is none", () => {
  const { root, radio } = shown({ ...OPTIONS, unlabelled: [] });
  expect(radio("Unlabelled video").disabled).toBe(true);
  expect(root.textContent).toContain("No video here has frames of the size of labelled ones.");
});

it("says what the server refuses", async () => {
  const { root, train } = shown(OPTIONS, () => problem(422, "Too few labels for 2 networks."));
  await train();
  await vi.waitFor(() => expect(root.querySelector("[role=alert]")?.textContent).toContain("Too few labels"));
});

it("tells the price of each number of networks", () => {
  expect(costWords(OPTIONS, 1)).toContain("quickest");
  expect(costWords(OPTIONS, 2)).toContain("learns from 50 % of the labels");
});

it("goes on from a model with the network that it has", async () => {
  const model = {
    ...{ id: 5, name: "model 1", state: "ready", preset: "default", holdout: "last:0.2", config: {} },
    ...{ keypoints: ["snout", "tail"], snapshot: { frame_count: 30 } },
  };
  const { root, radio, train } = shown(OPTIONS, undefined, [model]);
  radio("Go on from model 1").click();
  await vi.waitFor(() => expect(root.textContent).toContain("It keeps the preset default"));
  expect(root.querySelector("summary")?.textContent?.trim()).toBe("More");
  expect(root.textContent).not.toContain("What DeepLabCut does.");
  expect((await train())?.body).toEqual({ start_from: 5, seed: 0 });
});
