/** What both people work with beside the picture: files, chat, clipboard, voice, and the user's cursor. */
import { ChatTool, type SendChat } from "./chat";
import { ClipboardTool } from "./clipboard";
import { CursorTracker } from "./cursor";
import { FileTool } from "./files";
import type { ContentLabel, Peer } from "./peer";
import type { Platform } from "./platform";
import type { Snapshot } from "./state";
import { VoiceTool } from "./voice";

export class Tools {
  readonly files: FileTool;
  readonly chat: ChatTool;
  readonly clipboard: ClipboardTool;
  readonly voice: VoiceTool;
  readonly cursor = new CursorTracker();

  /** `peer` gives the connection once there is one; `say` sends what is written in the chat. */
  constructor(platform: Platform, peer: () => Peer | null, say: SendChat) {
    this.files = new FileTool(() => peer()?.pipe("files") ?? null);
    this.clipboard = new ClipboardTool(() => peer()?.pipe("clipboard") ?? null);
    this.chat = new ChatTool(say);
    this.voice = new VoiceTool(() => platform.openMicrophone(), async (track) => peer()?.speak(track));
  }

  /** Takes a message of a data channel for contents. */
  receive(label: ContentLabel, data: Uint8Array): void {
    (label === "files" ? this.files : this.clipboard).receive(data);
  }

  /** Follows how the session stands. */
  follow({ granted, paused, secret, away }: Snapshot): void {
    this.voice.follow(granted.includes("voice"), paused || secret || away);
  }

  /** The session is over: nothing goes on. */
  close(): void {
    this.clipboard.close();
    this.files.close();
    this.voice.close();
  }
}
