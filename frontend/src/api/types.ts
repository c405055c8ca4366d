/** Short names for the generated schemas, so that islands say `Project` and not `components[...]`. */
import type { Readable } from "openapi-typescript-helpers";
import type { components } from "./openapi.gen";

/** As the client answers them. */
type Schemas = Readable<components["schemas"]>;

export type Project = Schemas["ProjectOut"];
export type ProjectDetail = Schemas["ProjectDetailOut"];
export type Recording = Schemas["RecordingOut"];
export type RecordingSession = Schemas["RecordingSessionOut"];
export type RecordingDetail = Schemas["RecordingDetailOut"];
export type View = Schemas["ViewOut"];
export type Sync = Schemas["SyncOut"];
export type Calibration = Schemas["CalibrationOut"];
export type UsedCalibration = Schemas["UsedCalibrationOut"];
export type CalibratedCamera = Schemas["CameraOut"];
export type Proposal = Schemas["ProposalOut"];
export type GroupOutcome = Schemas["GroupOut"];
export type Video = Schemas["VideoOut"];
export type Instance = Schemas["InstanceOut"];
export type Entry = Schemas["EntryOut"];
export type Upload = Schemas["UploadOut"];
export type FolderFile = Schemas["FolderFileOut"];
export type Model = Schemas["ModelOut"];
export type TrainingOptions = Schemas["TrainingOptionsOut"];
export type Learning = Schemas["LearningOut"];
export type Comparison = Schemas["ComparisonOut"];
export type Difference = Schemas["DifferenceOut"];
export type Result = Schemas["PoseResultOut"];
export type Doubts = Schemas["DoubtsOut"];
export type Reconstruction = Schemas["ReconstructionOut"];
export type Quality = Schemas["QualityOut"];
export type FileFormat = Schemas["FormatOut"];
export type ExportFile = Schemas["ExportOut"];
export type FilmIn = Schemas["FilmIn"];
export type PoseMap = Schemas["PoseMapOut"];
export type PoseMapPoints = Schemas["PoseMapPointsOut"];
export type Member = Schemas["MemberOut"];
