import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, it, vi } from "vitest";
import { en } from "@/lib/i18n/en";
import type { Ticket } from "@/lib/watchTicket";
import { Choices } from "./Choices";
import { Texts } from "./Texts";

const TICKET = { ticket_id: "TKT-0042", messages: [], choices: ["Invite members", "Something else"] };

afterEach(() => vi.unstubAllGlobals());

it("sends the words of a choice as the reply, once, and says when that fails", async () => {
  const sent: [string, string][] = [];
  let answer = () => Response.json({ message_id: "1" }, { status: 201 });
  vi.stubGlobal("fetch", async (url: string, { body }: { body: string }) => {
    sent.push([url, JSON.parse(body).message]);
    return answer();
  });
  const onSent = vi.fn();
  render(
    <Texts t={en} language="en">
      <Choices ticket={TICKET as unknown as Ticket} opener={{ number: "TKT-0042", token: "abc" }} onSent={onSent} />
    </Texts>,
  );
  await userEvent.click(screen.getByRole("button", { name: "Invite members" }));
  expect(sent).toEqual([[expect.stringContaining("/tickets/TKT-0042/messages?token=abc"), "Invite members"]]);
  expect(onSent).toHaveBeenCalledOnce();

  answer = () => Response.json({ error: "TICKET_CLOSED", message: "This ticket is closed." }, { status: 409 });
  await userEvent.click(screen.getByRole("button", { name: "Something else" }));
  expect((await screen.findByRole("alert")).textContent).not.toBe("");
  expect(onSent).toHaveBeenCalledOnce();
});
