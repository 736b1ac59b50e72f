/** The tour: every page of the web side, in every state that looks different. */
import { ADMINISTRATION } from "./page_tour_admin.ts";
import { APPROVING, OUTCOMES } from "./page_tour_approval.ts";
import { OWN, SIGN_IN } from "./page_tour_own.ts";
import { LINK, type Stop } from "./page_tour_stop.ts";

const FAULTS: readonly Stop[] = [
  {
    ...{ name: "error-link", page: "Errors", title: "no such request" },
    ...{ path: "/l/ticket-of-no-one", sight: ".badge", status: 404, picture: true },
  },
  {
    ...{ name: "error-nothing", page: "Errors", title: "nothing there" },
    ...{ path: "/nothing", sight: ".badge", status: 404, picture: false },
  },
  {
    ...{ name: "error-administrators", page: "Errors", title: "for administrators" },
    ...{ path: "/admin/hosts", as: "alice", sight: ".badge", status: 403, picture: false },
  },
  {
    ...{ name: "error-too-many", page: "Errors", title: "too many tries" },
    ...{ path: "/l/ticket-of-no-one", sight: ".badge", status: 429, picture: false },
    set: async ({ server }) => {
      for (let tries = 0; tries < 30; tries++) await server.fetch("GET", "/l/ticket-of-no-one");
    },
  },
  {
    ...{ name: "error-unavailable", page: "Errors", title: "the store fails" },
    ...{ path: LINK, sight: ".badge", status: 503, picture: true },
    set: ({ server }) => {
      server.failing = "loginsByTicket";
      return Promise.resolve();
    },
  },
];

export const TOUR: readonly Stop[] = [
  ...APPROVING,
  ...OUTCOMES,
  ...SIGN_IN,
  ...OWN,
  ...ADMINISTRATION,
  ...FAULTS,
];
