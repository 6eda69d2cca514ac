import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { en } from "@/lib/i18n/en";
import { SuccessMessage } from "./SuccessMessage";
import { Texts } from "./Texts";

const TICKET = { ticket_id: "TKT-0042", status: "open", message: "", created_at: "", status_token: "abc" } as const;

it("names the ticket, leads to its answer, and says what happens next", async () => {
  vi.stubGlobal("scrollTo", () => {});
  const another = vi.fn();
  render(
    <Texts t={en} language="en">
      <SuccessMessage ticket={TICKET} onAnother={another} />
    </Texts>,
  );
  expect(document.activeElement).toBe(screen.getByRole("heading", { name: en.doneTitle }));
  expect(screen.getByText("TKT-0042")).toBeTruthy();
  expect(screen.getByRole("link", { name: en.readAnswer }).getAttribute("href")).toBe("/status?lang=en#TKT-0042:abc");
  expect(screen.getAllByRole("listitem").map((item) => item.textContent)).toEqual(en.next);
  await userEvent.click(screen.getByRole("button", { name: en.another }));
  expect(another).toHaveBeenCalledOnce();
});
