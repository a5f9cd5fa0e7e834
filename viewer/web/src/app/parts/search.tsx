/** A list in which one looks for something: what is looked for stands in the address, so that it comes back with the page. */
import { TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useSearchParams } from "react-router";
import css from "./lists.module.css";

/** What is looked for, as it was typed, and how to look for something else. */
export function useWanted(): [string, (wanted: string) => void] {
  const [params, setParams] = useSearchParams();
  return [params.get("q") ?? "", (wanted) => setParams(wanted === "" ? {} : { q: wanted }, { replace: true })];
}

/** Whether a text holds what is looked for. */
export function fits(text: string, wanted: string): boolean {
  return text.toLowerCase().includes(wanted.trim().toLowerCase());
}

/** The field above the list. `label` says what is searched, `by` in which of its words. */
export function Search({ label, by, wanted, onWanted }: { label: string; by: string; wanted: string; onWanted: (wanted: string) => void }) {
  return (
    <TextInput
      className={css.search ?? ""}
      aria-label={label}
      placeholder={by}
      leftSection={<IconSearch size={17} stroke={1.9} aria-hidden />}
      value={wanted}
      onChange={(event) => onWanted(event.currentTarget.value)}
    />
  );
}
