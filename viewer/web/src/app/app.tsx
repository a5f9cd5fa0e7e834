/** The application: its ground, its door, and which page stands at which address. */
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Outlet, type RouteObject, RouterProvider, createBrowserRouter } from "react-router";
import { createQueryClient, meQuery } from "./api/queries";
import { SessionHolder } from "./live/holder";
import { SessionPage } from "./live/session-page";
import { LinkPage } from "./pages/link";
import { Home } from "./pages/home";
import { NotFound } from "./pages/not-found";
import { OrganisationPage } from "./pages/organisation";
import { People } from "./pages/people";
import { ReceiptPage } from "./pages/receipt";
import { PageBroke } from "./pages/page-broke";
import { SignIn } from "./pages/sign-in";
import { Skeletons, Trouble } from "./parts/parts";
import { KeyHolder } from "./review/key-holder";
import { Recordings } from "./review/recordings";
import { ReviewPage } from "./review/review-page";
import { SetUp } from "./review/set-up";
import { Allowed } from "./shell/allowed";
import { Shell } from "./shell/shell";
import { Threshold } from "./shell/threshold";
import { UserRole } from "../gen/beside/v1/api_pb";
import { theme } from "./theme";
import { type Wiring, WiringProvider, useApi } from "./wiring";

export const routes: RouteObject[] = [
  { path: "/receipt", element: <ReceiptPage />, errorElement: <PageBroke /> },
  { path: "/link", element: <LinkPage />, errorElement: <PageBroke /> },
  {
    element: <SignedIn />,
    errorElement: <PageBroke />,
    children: [
      { path: "/session", element: <Allowed role={UserRole.TECHNICIAN} page={<SessionPage />} /> },
      {
        element: <Shell />,
        children: [
          { path: "/", element: <Home /> },
          { path: "/recordings", element: <Allowed role={UserRole.REVIEWER} page={<Recordings />} /> },
          { path: "/recordings/set-up", element: <Allowed role={UserRole.REVIEWER} page={<SetUp />} /> },
          { path: "/recordings/:id", element: <Allowed role={UserRole.REVIEWER} page={<ReviewPage />} /> },
          { path: "/people", element: <Allowed role={UserRole.ADMIN} page={<People />} /> },
          { path: "/organisation", element: <Allowed role={UserRole.ADMIN} page={<OrganisationPage />} /> },
          { path: "*", element: <NotFound /> },
        ],
      },
    ],
  },
];

export function App({ wiring }: { wiring: Wiring }) {
  const [client] = useState(createQueryClient);
  const [router] = useState(() => createBrowserRouter(routes));
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" withCssVariables={false} withGlobalClasses={false}>
      <WiringProvider value={wiring}>
        <QueryClientProvider client={client}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </WiringProvider>
    </MantineProvider>
  );
}

/** The door: whoever is not signed in sees the sign-in in the place of the page. */
function SignedIn() {
  const me = useQuery(meQuery(useApi()));
  if (me.isPending) {
    return (
      <Threshold title="One moment">
        <Skeletons rows={2} what="your account" />
      </Threshold>
    );
  }
  if (me.isError) {
    return (
      <Threshold title="Beside is not there right now">
        <Trouble error={me.error} retry={() => void me.refetch()} />
      </Threshold>
    );
  }
  if (me.data === null) {
    return <SignIn />;
  }
  return (
    <KeyHolder>
      <SessionHolder>
        <Outlet />
      </SessionHolder>
    </KeyHolder>
  );
}
