/** Shown at every address where there is no page. */
import { Button } from "@mantine/core";
import { IconMapQuestion } from "@tabler/icons-react";
import { Link } from "react-router";
import { Empty, Page } from "../parts/parts";

export function NotFound() {
  return (
    <Page title="There is no such page">
      <Empty
        icon={<IconMapQuestion size={26} stroke={1.7} />}
        title="Nothing lives at this address"
        action={
          <Button component={Link} to="/">
            Go to the first page
          </Button>
        }
      >
        The link may be old, or a letter may be missing. Nothing was lost.
      </Empty>
    </Page>
  );
}
