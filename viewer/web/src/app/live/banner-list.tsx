/** The banners as they lie over the picture; what they say is in banners.ts. */
import { IconAlertTriangle, IconCircleCheck, IconInfoCircle, IconPlayerRecordFilled, IconX } from "@tabler/icons-react";
import { type ComponentPropsWithRef, type ComponentType, type ReactNode, useRef, useState } from "react";
import type { Snapshot } from "../../session/session";
import { useNow } from "../parts/parts";
import { left } from "../parts/time";
import { type Banner, bannersOf } from "./banners";
import css from "./banners.module.css";
import { type Placed, bannersAt } from "./clear";
import tool from "./tool.module.css";
import { useHeight } from "./use-height";
import { usePassing } from "./use-passing";

interface BannersProps {
  readonly snapshot: Snapshot;
  readonly placed: Placed | null;
  /** The toolbar above them, 0 high while none is. */
  readonly toolbar: { readonly top: number; readonly high: number };
  readonly children: ReactNode;
}

export function Banners({ snapshot, placed, toolbar, children }: BannersProps) {
  const [dismissed, setDismissed] = useState<ReadonlySet<string>>(() => new Set());
  const stack = useRef<HTMLDivElement>(null);
  const top = bannersAt(placed, toolbar, useHeight(stack, 0));
  return (
    <div ref={stack} className={css.banners} style={{ top }} role="log" aria-live="polite" aria-label="What the user decided">
      {bannersOf(snapshot, dismissed).map((banner) => (
        <BannerLine key={banner.key} banner={banner} onDismiss={() => setDismissed((before) => new Set([...before, banner.key]))} />
      ))}
      {children}
    </div>
  );
}

const BANNER_ICON = { info: IconInfoCircle, good: IconCircleCheck, warn: IconAlertTriangle, danger: IconPlayerRecordFilled };

function BannerLine({ banner, onDismiss }: { banner: Banner; onDismiss: () => void }) {
  const line = useRef<HTMLDivElement>(null);
  const fading = usePassing(line, banner.passes, onDismiss);
  const away = banner.dismissible && (
    <button type="button" className={tool.tool} aria-label={`Put away: ${banner.title}`} onClick={onDismiss}>
      <IconX size={18} stroke={2} aria-hidden="true" />
    </button>
  );
  return (
    <BannerBox ref={line} tone={banner.tone} icon={BANNER_ICON[banner.tone]} title={banner.title} act={away} data-banner={banner.key} data-settles={banner.dismissible && !banner.passes} data-fading={fading}>
      {banner.text}
      {banner.until !== undefined && <TimeLeft until={banner.until} />}
    </BannerBox>
  );
}

interface BannerBoxProps extends ComponentPropsWithRef<"div"> {
  readonly tone: Banner["tone"];
  readonly icon: ComponentType<{ size: number; stroke: number; "aria-hidden": "true" }>;
  readonly title: string;
  /** A button: what can be done about it. */
  readonly act: ReactNode;
}

/** One banner as it looks, whatever it says. */
export function BannerBox({ tone, icon: Icon, title, act, children, ...rest }: BannerBoxProps) {
  return (
    <div className={css.banner} data-tone={tone} {...rest}>
      <Icon size={20} stroke={1.8} aria-hidden="true" />
      <div className={css.bannerText}>
        <strong>{title}</strong>
        <span>{children}</span>
      </div>
      {act}
    </div>
  );
}

/** Not announced every second: the sentence before it was. */
function TimeLeft({ until }: { until: number }) {
  const now = useNow(1000);
  const seconds = Math.ceil((until - now) / 1000);
  return <span aria-live="off">{seconds > 0 ? ` ${left(seconds)}` : ""}</span>;
}
