/** One recording: first why, then the picture with its events beside it. */
import { useState } from "react";
import { useParams } from "react-router";
import type { OpenedRecording } from "../../recording/recording";
import { Page } from "../parts/parts";
import { OpenForm } from "./open-form";
import { Theatre } from "./theatre";

export function ReviewPage() {
  const { id = "" } = useParams();
  return <OneRecording key={id} id={id} />;
}

function OneRecording({ id }: { id: string }) {
  const [opened, setOpened] = useState<{ recording: OpenedRecording; technician: string } | null>(null);
  if (opened !== null) {
    return <Theatre recording={opened.recording} technician={opened.technician} />;
  }
  return (
    <Page title="Open a recording" lead="Your name, your reason and the time are logged, and the person recorded can read them.">
      <OpenForm id={id} onOpened={(recording, technician) => setOpened({ recording, technician })} />
    </Page>
  );
}
