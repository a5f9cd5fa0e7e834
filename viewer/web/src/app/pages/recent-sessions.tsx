/** The technician's last sessions. */
import { timestampDate } from "@bufbuild/protobuf/wkt";
import { IconScreenShare } from "@tabler/icons-react";
import { Link } from "react-router";
import { type SessionSummary, UserRole } from "../../gen/beside/v1/api_pb";
import { cleanLine } from "../../session/text";
import { hasRole, useMe, useSessions } from "../api/queries";
import css from "../parts/lists.module.css";
import { Avatar, Empty, Skeletons, Tag, Trouble, When } from "../parts/parts";
import { day, lasting } from "../parts/time";

export function RecentSessions() {
  const sessions = useSessions();
  if (sessions.isPending) {
    return <Skeletons rows={3} what="your sessions" />;
  }
  if (sessions.isError) {
    return <Trouble error={sessions.error} retry={() => void sessions.refetch()} />;
  }
  if (sessions.data.length === 0) {
    return (
      <Empty icon={<IconScreenShare size={26} stroke={1.7} />} title="No sessions yet">
        Your sessions will stand here with their time and length. What was on the other screen is never kept here.
      </Empty>
    );
  }
  return (
    <ul className={css.rows}>
      {sessions.data.map((session) => (
        <li key={session.id}>
          <Row session={session} />
        </li>
      ))}
    </ul>
  );
}

function Row({ session }: { session: SessionSummary }) {
  const reviewer = hasRole(useMe(), UserRole.REVIEWER);
  return (
    <div className={css.row}>
      <Avatar name={session.technicianName} />
      <div className={css.grow}>
        <div className={css.name}>{cleanLine(session.technicianName)}</div>
        <div className={css.dim}>{session.started ? <When at={timestampDate(session.started)} /> : "Not started"}</div>
      </div>
      <Said session={session} />
      <div className={css.cell}>{lengthOf(session)}</div>
      <div className={`${css.cell} ${css.end}`}>
        <Recorded session={session} link={reviewer} />
      </div>
    </div>
  );
}

/** What the user sent of the session; the relay tells reviewers and admins alone. */
function Said({ session }: { session: SessionSummary }) {
  if (session.rating === 0 && session.comment === "" && !session.reported) {
    return null;
  }
  return (
    <div className={css.cell} title={session.comment === "" ? undefined : cleanLine(session.comment)}>
      {session.reported && <Tag tone="danger">Reported by the user</Tag>}
      {session.rating > 0 && <span aria-label={`Rated ${session.rating} of 5`}>{"★".repeat(session.rating) + "☆".repeat(5 - session.rating)}</span>}
    </div>
  );
}

function Recorded({ session, link }: { session: SessionSummary; link: boolean }) {
  const id = session.recordingId;
  if (session.recordingDeleted !== undefined && id === "") {
    return <Tag>{`Recording deleted ${day(timestampDate(session.recordingDeleted))}`}</Tag>;
  }
  if (id === "") {
    return <Tag>Not recorded</Tag>;
  }
  return link ? <Link to={`/recordings/${encodeURIComponent(id)}`}>Open recording</Link> : <Tag tone="info">Recorded</Tag>;
}

function lengthOf({ started, ended }: SessionSummary) {
  if (started === undefined) {
    return "";
  }
  return ended === undefined ? <Tag tone="good">Running</Tag> : lasting((timestampDate(ended).getTime() - timestampDate(started).getTime()) / 1000);
}
