/** The recordings of the organisation: what there is, never what is in it. */
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { Button } from "@mantine/core";
import { IconKey, IconMovie, IconPlayerPlay, IconSearch } from "@tabler/icons-react";
import { Link } from "react-router";
import type { RecordingSummary } from "../../gen/beside/v1/api_pb";
import { cleanLine } from "../../session/text";
import { useRecordingIdentity, useRecordings } from "../api/queries";
import lists from "../parts/lists.module.css";
import { Empty, Page, Skeletons, Tag, Trouble, When } from "../parts/parts";
import { Search, fits, useWanted } from "../parts/search";
import { size } from "../parts/size";
import { day } from "../parts/time";
import { useReviewKey } from "./key-holder";

export function Recordings() {
  const identity = useRecordingIdentity();
  const { key, forget } = useReviewKey();
  const ready = identity.data !== undefined && identity.data.recipient !== "";
  return (
    <Page
      title="Recordings"
      lead="Each opens with a reason, and every opening is logged. The relay keeps them sealed and cannot read them."
      actions={
        key === null ? undefined : (
          <Button variant="default" leftSection={<IconKey size={18} stroke={1.8} aria-hidden />} onClick={forget}>
            Lock again
          </Button>
        )
      }
    >
      {identity.isPending && <Skeletons what="recordings" />}
      {identity.isError && <Trouble error={identity.error} retry={() => void identity.refetch()} />}
      {identity.isSuccess && (ready ? <List /> : <NotSetUp />)}
    </Page>
  );
}

function NotSetUp() {
  return (
    <Empty
      icon={<IconKey size={26} stroke={1.7} />}
      title="Recording is not set up yet"
      action={
        <Button component={Link} to="/recordings/set-up">
          Set up recording
        </Button>
      }
    >
      First make the key that opens recordings. It is made here, in your browser, and only ever leaves it under your passphrase. It takes two minutes.
    </Empty>
  );
}

function List() {
  const recordings = useRecordings();
  const [wanted, setWanted] = useWanted();
  if (recordings.isPending) {
    return <Skeletons what="recordings" />;
  }
  if (recordings.isError) {
    return <Trouble error={recordings.error} retry={() => void recordings.refetch()} />;
  }
  if (recordings.data.length === 0) {
    return (
      <Empty icon={<IconMovie size={26} stroke={1.7} />} title="No recordings yet">
        When a user agrees to be recorded, the recording appears here. Everything is ready for it.
      </Empty>
    );
  }
  const found = recordings.data.filter(({ technicianName, id }) => fits(`${technicianName} ${id}`, wanted));
  return (
    <>
      <Search label="Search recordings" by="Search by technician or number" wanted={wanted} onWanted={setWanted} />
      {found.length === 0 ? (
        <Empty icon={<IconSearch size={26} stroke={1.7} />} title="Nothing fits">
          No recording has “{wanted}” in its technician or number.
        </Empty>
      ) : (
        <ul className={lists.rows}>
          {found.map((recording) => (
            <li key={recording.id}>
              <Row recording={recording} />
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Row({ recording }: { recording: RecordingSummary }) {
  return (
    <Link className={lists.row} to={`/recordings/${encodeURIComponent(recording.id)}`}>
      <span className={lists.icon} aria-hidden="true">
        <IconPlayerPlay size={20} stroke={1.8} />
      </span>
      <span className={lists.grow}>
        <span className={lists.name}>{cleanLine(recording.technicianName)}</span>
        <span className={lists.dim}>{recording.started ? <When at={timestampDate(recording.started)} /> : "Time unknown"}</span>
      </span>
      <span className={`${lists.cell} ${lists.optional}`}>{size(recording.bytes)}</span>
      <span className={lists.cell}>{recording.complete ? <Tag tone="good">Complete</Tag> : <Tag tone="warn">Still arriving</Tag>}</span>
      <span className={`${lists.cell} ${lists.end} ${lists.dim}`}>{recording.keepUntil ? `Kept until ${day(timestampDate(recording.keepUntil))}` : ""}</span>
    </Link>
  );
}
