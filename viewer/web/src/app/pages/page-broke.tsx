/** Shown when a page itself failed: a fault of ours, said plainly, with a way out. */
import { Button } from "@mantine/core";
import { useRouteError } from "react-router";
import { Trouble } from "../parts/parts";
import { Threshold } from "../shell/threshold";
import css from "../shell/threshold.module.css";

export function PageBroke() {
  const error = useRouteError();
  const detail = error instanceof Error ? `${error.name}: ${error.message}` : "";
  return (
    <Threshold title="This page stopped working" focus>
      <div className={css.form}>
        <Trouble words={{ title: "Something in this page failed", next: "Load it again. If a session was running, it has ended for the other side too.", detail }} />
        <Button size="md" onClick={() => window.location.reload()}>
          Load again
        </Button>
      </div>
    </Threshold>
  );
}
