import { describe, expect, it } from "vitest";
import { settle } from "./fakes.testkit";
import { VoiceTool } from "./voice";

/** A microphone that counts how often it was opened, and whether it still is. */
class FakeMicrophone {
  readonly track = { kind: "audio", enabled: true, stopped: false, stop: () => void (this.track.stopped = true) };
  opened = 0;
  fail: unknown = null;
  answer: (() => void) | null = null;
  /** Whether the person at the browser takes their time. */
  slow = false;

  open = async (): Promise<MediaStream> => {
    this.opened++;
    if (this.slow) {
      await new Promise<void>((resolve) => (this.answer = resolve));
    }
    if (this.fail !== null) {
      throw this.fail;
    }
    this.track.stopped = false;
    return { getAudioTracks: () => [this.track], getTracks: () => [this.track] } as unknown as MediaStream;
  };
}

function talk() {
  const microphone = new FakeMicrophone();
  const spoken: unknown[] = [];
  const tool = new VoiceTool(microphone.open, async (track) => void spoken.push(track));
  return { microphone, spoken, tool };
}

const SOUND = { id: "the user" } as unknown as MediaStream;

// PROMISE A7
describe("the technician's microphone", () => {
  it("is opened by the user's yes alone, and closed when it is taken back", async () => {
    const { microphone, spoken, tool } = talk();
    tool.heard(SOUND);
    tool.follow(false, false);
    await settle();
    expect(microphone.opened).toBe(0);
    expect(tool.getSnapshot()).toEqual({ microphone: { kind: "off" }, sound: null });
    tool.follow(true, false);
    tool.follow(true, false);
    await settle();
    expect(microphone.opened).toBe(1);
    expect(spoken).toEqual([microphone.track]);
    expect(tool.getSnapshot()).toEqual({ microphone: { kind: "on", muted: false }, sound: SOUND });
    tool.follow(false, false);
    await settle();
    expect(microphone.track.stopped).toBe(true);
    expect(spoken).toEqual([microphone.track, null]);
    expect(tool.getSnapshot()).toEqual({ microphone: { kind: "off" }, sound: null });
  });

  it("is silent while muted and while the session waits", async () => {
    const { microphone, tool } = talk();
    tool.follow(true, false);
    await settle();
    tool.mute(true);
    expect(microphone.track.enabled).toBe(false);
    tool.follow(true, true);
    tool.mute(false);
    expect(microphone.track.enabled).toBe(false);
    tool.follow(true, false);
    expect(microphone.track.enabled).toBe(true);
  });

  it.each([
    ["NotAllowedError", "refused"],
    ["NotFoundError", "missing"],
    ["NotReadableError", "busy"],
  ])("that fails with %s says %s, and can be tried again", async (name, why) => {
    const { microphone, spoken, tool } = talk();
    microphone.fail = new DOMException("no", name);
    tool.follow(true, false);
    await settle();
    expect(tool.getSnapshot().microphone).toEqual({ kind: "failed", why });
    expect(spoken).toEqual([]);
    microphone.fail = null;
    tool.retry();
    await settle();
    expect(tool.getSnapshot().microphone).toEqual({ kind: "on", muted: false });
  });

  it("is not used when the yes was taken back while the browser asked", async () => {
    const { microphone, spoken, tool } = talk();
    microphone.slow = true;
    tool.follow(true, false);
    await settle();
    tool.follow(false, false);
    microphone.answer?.();
    await settle();
    expect(microphone.track.stopped).toBe(true);
    expect(spoken).toEqual([null]);
    expect(tool.getSnapshot().microphone).toEqual({ kind: "off" });
  });
});
