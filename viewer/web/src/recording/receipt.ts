/**
 * The receipt of a session, checked where it is: every signature, the chain of records,
 * the hash of every text that was shown, and the summary that closes it (THREAT 30). The
 * same rules stand in consent/receipt.go and consent/summary.go; both read
 * consent/testdata/receipt.json. Nothing of a receipt is sent anywhere.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { JwsError, base64url, openJws } from "./jws";
import { type Testimony, WitnessError, verifyWitness } from "./witness";

/** Largest receipt that is read, in characters. */
export const MAX_RECEIPT = 32 << 20;

/** One thing that was asked, answered or taken back. */
export interface ReceiptEvent {
  readonly time: Date;
  readonly type: string;
  readonly scope: string;
  readonly actor: string;
  /** Why everything waited, or waited no more; empty for other events. */
  readonly hold: string;
  /** How much of the screen a yes showed, and how many windows were hidden. */
  readonly shared: string;
  readonly hidden: number;
  readonly reason: string;
  /** Language and first line of the very text that was shown; empty when none was. */
  readonly language: string;
  readonly title: string;
}

/** One file that was sent, either way. */
export interface ReceiptFile {
  readonly name: string;
  readonly size: number;
  readonly fromUser: boolean;
  readonly complete: boolean;
}

/** One message of the chat. */
export interface ReceiptMessage {
  readonly time: Date;
  readonly fromUser: boolean;
  readonly text: string;
}

/** What a receipt states, after everything in it was verified. */
export interface VerifiedReceipt {
  readonly session: string;
  readonly technician: string;
  readonly controller: string;
  readonly events: readonly ReceiptEvent[];
  readonly files: readonly ReceiptFile[];
  readonly chat: readonly ReceiptMessage[];
  readonly recordings: readonly string[];
  readonly rating: number;
  readonly comment: string;
  readonly reported: boolean;
  /** When the user erased what was recorded; undefined is that they did not. */
  readonly erased: Date | undefined;
  /** What the relay's audit log says of the session; undefined in receipts from before there was one. */
  readonly testimony: Testimony | undefined;
}

/** The receipt is not as it was written; `what` says where that shows. */
export class ReceiptError extends Error {
  constructor(readonly what: string) {
    super(`receipt: ${what}`);
  }
}

type Value = Record<string, unknown>;

const FIELDS = ["type", "session_id", "public_key", "records", "recordings", "files", "chat", "witness", "summary"];

/** The pieces of a receipt's file as they stand there, none of them checked. A signed one that is missing is "". */
interface Pieces {
  readonly session: string;
  readonly key: Uint8Array;
  readonly records: readonly string[];
  readonly recordings: readonly Value[];
  readonly files: string;
  readonly chat: string;
  readonly witness: string;
  readonly summary: string;
}

/** Verifies the text of a receipt's JSON file, or throws ReceiptError. */
export function verifyReceipt(text: string): VerifiedReceipt {
  const pieces = piecesOf(text);
  const { session, key, records, recordings, files, chat, witness } = pieces;
  const summary = verify(pieces.summary, "beside-receipt-summary+jws", key, "its summary");
  checkSummary(summary, pieces);
  const statements = chain(records, session, key);
  const said = object(summary["feedback"] ?? {}, "what the user said");
  return {
    session,
    technician: party(statements, "asking_technician"),
    controller: party(statements, "pii_controller"),
    events: statements.map(eventOf),
    files: files === "" ? [] : filesOf(verify(files, "beside-file-list+jws", key, "its files"), session),
    chat: chat === "" ? [] : messagesOf(verify(chat, "beside-transcript+jws", key, "its chat"), session),
    recordings: recordings.map((recording) => string(recording["id"], "a recording")),
    rating: typeof said["rating"] === "number" ? said["rating"] : 0,
    comment: typeof said["comment"] === "string" ? said["comment"] : "",
    reported: said["reported"] === true,
    erased: summary["erased"] === undefined ? undefined : new Date(string(summary["erased"], "its summary")),
    testimony: witness === "" ? undefined : testimonyOf(verify(witness, "beside-witness+jws", key, "its witness"), session),
  };
}

function piecesOf(text: string): Pieces {
  demand(text.length <= MAX_RECEIPT, "its size");
  const receipt = object(parse(text), "its form");
  demand(Object.keys(receipt).every((field) => FIELDS.includes(field)), "a field that nobody signed");
  demand(receipt["type"] === "beside-receipt/2", "its type");
  const key = at("its key", () => base64url(string(receipt["public_key"], "its key")));
  demand(key.length === 32, "its key");
  return {
    session: string(receipt["session_id"], "its session"),
    key,
    records: list(receipt["records"], "its records").map((record) => string(record, "a record")),
    recordings: list(receipt["recordings"] ?? [], "its recordings").map((recording) => object(recording, "a recording")),
    files: string(receipt["files"] ?? "", "its files"),
    chat: string(receipt["chat"] ?? "", "its chat"),
    witness: string(receipt["witness"] ?? "", "its witness"),
    summary: string(receipt["summary"], "its summary"),
  };
}

/** The summary closes the receipt: it names every other piece, so that none can be taken out. */
function checkSummary(summary: Value, { session, records, recordings, files, chat, witness }: Pieces): void {
  const named = (piece: string) => (piece === "" ? "" : hash(piece));
  demand(
    summary["schema_version"] === "beside-receipt-summary/1" &&
      summary["session_id"] === session &&
      summary["records"] === records.length &&
      summary["last_record"] === named(records.at(-1) ?? "") &&
      summary["files"] === named(files) &&
      (summary["chat"] ?? "") === named(chat) &&
      (summary["witness"] ?? "") === named(witness) &&
      JSON.stringify(summary["recordings"]) === JSON.stringify(recordings.map(recordingHash)),
    "what its summary names",
  );
}

function testimonyOf(witness: Value, session: string): Testimony {
  demand(witness["schema_version"] === "beside-witness/1" && witness["session_id"] === session, "its witness");
  try {
    return verifyWitness(witness, session);
  } catch (error) {
    throw error instanceof WitnessError ? new ReceiptError("its witness") : error;
  }
}

/** Each record is signed, numbered, and names the hash of the one before it. */
function chain(records: readonly string[], session: string, key: Uint8Array): Value[] {
  let previous = "";
  return records.map((record, index) => {
    const where = `record ${index + 1}`;
    const statement = verify(record, "beside-consent+jws", key, where);
    demand(statement["schema_version"] === "beside-consent-record/1", where);
    demand(statement["session_id"] === session && statement["sequence"] === index + 1 && statement["previous"] === previous, where);
    if (statement["privacy_notice"] !== undefined) {
      const notice = object(statement["privacy_notice"], where);
      demand(textHash(object(notice["privacy_notice_text"], where)) === notice["privacy_notice_hash"], `the text of ${where}`);
    }
    previous = hash(record);
    return statement;
  });
}

function eventOf(statement: Value): ReceiptEvent {
  const event = object(statement["event"], "an event");
  const notice = object(statement["privacy_notice"] ?? {}, "a text");
  const shown = object(notice["privacy_notice_text"] ?? {}, "a text");
  return {
    time: new Date(string(event["event_time"], "a time")),
    type: string(event["event_type"], "an event"),
    scope: string(event["scope"] ?? "", "an event"),
    actor: string(event["entity_id"], "an event"),
    hold: string(event["hold"] ?? "", "an event"),
    shared: string(event["shared"] ?? "", "an event"),
    hidden: typeof event["hidden_windows"] === "number" ? event["hidden_windows"] : 0,
    reason: string(event["stated_reason"] ?? "", "an event"),
    language: string(notice["language"] ?? "", "a text"),
    title: string(shown["title"] ?? "", "a text"),
  };
}

function filesOf(files: Value, session: string): ReceiptFile[] {
  demand(files["schema_version"] === "beside-file-list/1" && files["session_id"] === session, "its files");
  return list(files["files"], "its files").map((entry) => {
    const file = object(entry, "a file");
    return {
      name: string(file["name"], "a file"),
      size: Number(file["size"]),
      fromUser: file["from_user"] === true,
      complete: file["complete"] === true,
    };
  });
}

function messagesOf(transcript: Value, session: string): ReceiptMessage[] {
  demand(transcript["schema_version"] === "beside-transcript/1" && transcript["session_id"] === session, "its chat");
  return list(transcript["messages"], "its chat").map((entry) => {
    const message = object(entry, "a message");
    return { time: new Date(string(message["time"], "a message")), fromUser: message["from_user"] === true, text: string(message["text"], "a message") };
  });
}

function party(statements: readonly Value[], role: string): string {
  const parties = list(statements[0]?.["party_identification"] ?? [], "who took part").map((entry) => object(entry, "who took part"));
  const found = parties.find((entry) => entry["party_role"] === role);
  return found === undefined ? "" : string(found["party_name"], "who took part");
}

/** The payload of a JWS that the key signed. */
function verify(jws: string, type: string, key: Uint8Array, where: string): Value {
  return object(at(where, () => openJws(jws, type, () => key)), where);
}

/** Says of what cannot be read, or was not signed, where it stands. */
function at<T>(where: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof JwsError) {
      throw new ReceiptError(error.part === "signature" ? `the signature of ${where}` : where);
    }
    throw error;
  }
}

function hash(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}

/** See Text.Hash in consent/notice.go. */
function textHash(text: Value): string {
  const line = (value: unknown) => {
    const content = string(value ?? "", "a text");
    return `${utf8ToBytes(content).length}:${content},`;
  };
  const lines = (value: unknown) => {
    const all = list(value ?? [], "a text");
    return line(String(all.length)) + all.map(line).join("");
  };
  let all = line(text["version"]) + line(text["title"]) + lines(text["allows"]) + lines(text["not"]) + line(text["undo"]) + lines(text["details"]) + line(text["yes"]) + line(text["no"]);
  if (text["caution"] !== undefined) {
    const caution = object(text["caution"], "a text");
    all += line(caution["title"]) + lines(caution["facts"]) + lines(caution["advice"]) + line(caution["stop"]) + line(caution["go_on"]);
  }
  return hash(all);
}

/** See RecordingKey.hash in consent/summary.go. */
function recordingHash(recording: Value): string {
  demand(Object.keys(recording).every((field) => ["id", "identity", "relay"].includes(field)), "a field that nobody signed");
  const field = (value: unknown) => {
    const content = string(value ?? "", "a recording");
    return `${utf8ToBytes(content).length}:${content}`;
  };
  return hash(field(recording["id"]) + field(recording["identity"]) + field(recording["relay"]));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ReceiptError("its form");
  }
}

function object(value: unknown, where: string): Value {
  demand(typeof value === "object" && value !== null && !Array.isArray(value), where);
  return value as Value;
}

function list(value: unknown, where: string): unknown[] {
  demand(Array.isArray(value), where);
  return value;
}

function string(value: unknown, where: string): string {
  demand(typeof value === "string", where);
  return value;
}

function demand(condition: boolean, where: string): asserts condition {
  if (!condition) {
    throw new ReceiptError(where);
  }
}
