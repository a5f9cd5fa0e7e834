/** Where the application begins: it wires the real relay and the real browser together. */
import "@mantine/core/styles.layer.css";
import "@mantine/core/styles/default-css-variables.layer.css";
import "./styles/theme.css";
import "./styles/base.css";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { browserWiring } from "./browser-wiring";
import { registerTrustedPolicy } from "./trusted";

registerTrustedPolicy(window);

const root = document.getElementById("root");
if (root !== null) {
  createRoot(root).render(<App wiring={browserWiring()} />);
}
