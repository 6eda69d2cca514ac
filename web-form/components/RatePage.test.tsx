import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { en } from "@/lib/i18n/en";
import { RatePage } from "./RatePage";
import { Texts } from "./Texts";

afterEach(() => vi.unstubAllGlobals());

it("marks nothing when it is opened, and once when a button is pressed", async () => {
  const called = vi.fn(async () => Response.json({ ticket_id: "TKT-0042", good: false, status: "escalated" }));
  vi.stubGlobal("fetch", called);
  location.hash = "#TKT-0042:abc";
  render(
    <Texts t={en} language="en">
      <RatePage />
    </Texts>,
  );
  expect(screen.getByText("TKT-0042")).toBeTruthy();
  expect(called).not.toHaveBeenCalled();
  await userEvent.setup({ delay: null }).click(screen.getByRole("button", { name: "No" }));
  await screen.findByText("A person of our team looks at it again and answers you.");
  expect(called).toHaveBeenCalledTimes(1);
  expect(called).toHaveBeenCalledWith("/api/v1/tickets/TKT-0042/rating?token=abc", expect.anything());
});
