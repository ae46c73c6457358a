// Names for the types of the REST API, which rest_types.mjs generates from openapi.yaml.
import type { components, paths } from "../.types/rest";

type Content<Response> = Response extends { content: { "application/json": infer Body } } ? Body : never;
type Successful<Operation> = Operation extends { responses: infer Responses } ? Content<Responses[keyof Responses & (200 | 201)]> : never;

/** The JSON of a successful answer, such as Answer<"/v1/users">. */
export type Answer<Path extends keyof paths, Method extends "get" | "post" | "put" | "delete" = "get"> = Successful<paths[Path][Method]>;

type Schemas = components["schemas"];
export type AuditEntry = Schemas["audit_entry"];
export type CodeFigures = Schemas["code_figures"];
export type Decision = Schemas["decision"];
export type Document = Schemas["document"];
export type Estimations = Schemas["estimations"];
export type Export = Schemas["export"];
export type Figures = Schemas["figures"];
export type Group = Schemas["group"];
export type Me = Schemas["me"];
export type Order = Schemas["order"];
export type Outcome = Schemas["outcome"];
export type ProblemDetails = Schemas["problem"];
export type Rerun = Schemas["rerun"];
export type Revision = Schemas["revision"];
export type RevisionChange = Schemas["revision_change"];
export type Session = Schemas["session"];
export type SessionLine = Schemas["session_line"];
export type Statistics = Schemas["statistics"];
export type StoredFrame = Schemas["frame"];
export type Token = Schemas["token"];
export type User = Schemas["user"];
export type Variant = Schemas["variant"];
export type Verdict = Schemas["verdict"];
export type Worker = Schemas["worker"];
