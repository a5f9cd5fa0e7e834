/**
 * The conversation of one session, as the technician's page holds it: what both wrote, in
 * order. It grants nothing and travels on the data channel "session" alone. What comes is
 * cleaned and bounded; whoever shows it uses text nodes only (THREATS 11, 18).
 */
import type { Chat } from "../gen/beside/v1/session_pb";
import { CHAT_BURST, CHAT_PACE_MS, MAX_CHAT, MAX_CHAT_LINES, MAX_CHAT_MESSAGES, MAX_CHAT_TOTAL } from "./limits";
import { looks, type Secret } from "./secret";
import { Store } from "./store";
import { cleanLines } from "./text";

/** One message. `number` is its place in the conversation, from 1. */
export interface ChatMessage {
  readonly number: number;
  /** When it was sent or came, milliseconds since 1970. */
  readonly at: number;
  /** Whether the technician wrote it. */
  readonly own: boolean;
  readonly text: string;
}

/** A conversation at one moment. */
export interface Conversation {
  readonly messages: readonly ChatMessage[];
  /** How many of the user's the technician has not seen. */
  readonly unread: number;
}

/** Why a message was not sent. `looks` asks the technician whether they want to. */
export type ChatProblem = { readonly kind: "empty" | "long" | "full" | "fast" | "closed" } | { readonly kind: "looks"; readonly like: Secret };

/** Sends one message on the data channel; false when that is not open. */
export type SendChat = (text: string, sequence: number) => boolean;

export class ChatTool {
  readonly #store = new Store<Conversation>({ messages: [], unread: 0 });
  readonly #send: SendChat;
  #sent = 0;
  #heard = 0;
  #total = 0;
  #recent: number[] = []; // when the last messages were sent

  constructor(send: SendChat) {
    this.#send = send;
  }

  readonly subscribe = this.#store.subscribe;
  readonly getSnapshot = this.#store.getSnapshot;

  /** Sends what the technician wrote; null when it is on its way. `sure` is their word that a secret may go. */
  send(text: string, sure: boolean): ChatProblem | null {
    if ([...text].length > MAX_CHAT) {
      return { kind: "long" };
    }
    const clean = cleanLines(text, MAX_CHAT, MAX_CHAT_LINES);
    if (clean === "") {
      return { kind: "empty" };
    }
    if (!this.#room(clean)) {
      return { kind: "full" };
    }
    const like = sure ? null : looks(clean);
    if (like !== null) {
      return { kind: "looks", like };
    }
    // Slower than the agent takes them: what it drops nobody is told.
    const now = Date.now();
    this.#recent = this.#recent.filter((at) => now - at < CHAT_BURST * CHAT_PACE_MS);
    if (this.#recent.length >= CHAT_BURST - 2) {
      return { kind: "fast" };
    }
    if (!this.#send(clean, this.#sent + 1)) {
      return { kind: "closed" };
    }
    this.#sent++;
    this.#recent.push(now);
    this.#add({ own: true, text: clean }, 0);
    return null;
  }

  /** Takes a message of the user's. One whose number does not rise is dropped. */
  receive({ text, sequence }: Chat): void {
    const clean = cleanLines(text, MAX_CHAT, MAX_CHAT_LINES);
    if (sequence > this.#heard && clean !== "" && this.#room(clean)) {
      this.#heard = sequence;
      this.#add({ own: false, text: clean }, this.getSnapshot().unread + 1);
    }
  }

  /** Notes that the technician has seen everything. */
  read(): void {
    const now = this.getSnapshot();
    this.#store.set(now.unread === 0 ? now : { ...now, unread: 0 });
  }

  #room(text: string): boolean {
    return this.getSnapshot().messages.length < MAX_CHAT_MESSAGES && this.#total + [...text].length <= MAX_CHAT_TOTAL;
  }

  #add(message: { own: boolean; text: string }, unread: number): void {
    const { messages } = this.getSnapshot();
    this.#total += [...message.text].length;
    this.#store.set({ messages: [...messages, { number: messages.length + 1, at: Date.now(), ...message }], unread });
  }
}
