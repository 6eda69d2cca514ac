import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { de } from "@/lib/i18n/de";
import { en } from "@/lib/i18n/en";
import { SupportForm } from "./SupportForm";
import { Texts } from "./Texts";

const TICKET = { ticket_id: "TKT-0042", status: "open", message: "", created_at: "", status_token: "t".repeat(32) };
let answer: () => Promise<Response>;
let bodies: Record<string, string>[];

beforeEach(() => {
  bodies = [];
  answer = async () => Response.json(TICKET, { status: 201 });
  vi.stubGlobal("fetch", (_url: string, { body }: { body: string }) => {
    bodies.push(JSON.parse(body));
    return answer();
  });
});
afterEach(() => vi.unstubAllGlobals());

function shown(t = en, language: "en" | "de" = "en") {
  const accepted = vi.fn();
  render(
    <Texts t={t} language={language}>
      <SupportForm onAccepted={accepted} />
    </Texts>,
  );
  return { accepted, user: userEvent.setup({ delay: null }) };
}

function fillIn() {
  const write = (label: string, value: string) => fireEvent.change(screen.getByLabelText(label), { target: { value } });
  write("Your name", "Ada Byron");
  write("E-mail", "ada@customer.example.com");
  write("Subject", "Signing in");
  write("What is it about?", "account_access");
  write("Your message", "How can I reset it?");
}

describe("SupportForm", () => {
  it("shows every problem at its field, for screen readers too, and goes to the first", async () => {
    const { user } = shown();
    await user.click(screen.getByRole("button", { name: "Send request" }));
    const name = screen.getByLabelText("Your name");
    expect(document.activeElement).toBe(name);
    expect(name.getAttribute("aria-invalid")).toBe("true");
    expect(document.getElementById(name.getAttribute("aria-describedby") ?? "")?.textContent).toBe(
      "Please fill this in.",
    );
    expect(screen.getByRole("alert").textContent).toBe("Please look at the marked fields.");
    expect(screen.getByLabelText(/Phone/).getAttribute("aria-invalid")).toBe("false");
    expect(bodies).toEqual([]);
    await user.type(name, "Ada");
    expect(name.getAttribute("aria-invalid")).toBe("false");
  });

  it("sends what was typed once, without an empty phone, and hands the ticket on", async () => {
    const { user, accepted } = shown();
    let resolve: (response: Response) => void = () => {};
    answer = () =>
      new Promise((done) => {
        resolve = done;
      });
    fillIn();
    await user.dblClick(screen.getByRole("button", { name: "Send request" }));
    expect((screen.getByRole("button", { name: "Send request" }) as HTMLButtonElement).disabled).toBe(true);
    resolve(Response.json(TICKET, { status: 201 }));
    await waitFor(() => expect(accepted).toHaveBeenCalledTimes(1));
    expect(accepted.mock.calls[0]?.[0]).toEqual(TICKET);
    expect(bodies).toHaveLength(1);
    expect(Object.keys(bodies[0] ?? {}).sort()).toEqual([
      "category",
      "email",
      "message",
      "name",
      "priority",
      "subject",
    ]);
  });

  it("keeps what was typed when the server fails or refuses a field", async () => {
    const { user } = shown();
    fillIn();
    answer = async () => new Response("", { status: 500 });
    await user.click(screen.getByRole("button", { name: "Send request" }));
    await screen.findByText(/Your text is still here/);
    answer = async () =>
      Response.json({ error: "X", message: "no", details: [{ field: "email", message: "no" }] }, { status: 400 });
    await user.click(screen.getByRole("button", { name: "Send request" }));
    await screen.findByText("Please check this.");
    expect(document.activeElement).toBe(screen.getByLabelText("E-mail"));
    expect((screen.getByLabelText("Your message") as HTMLTextAreaElement).value).toBe("How can I reset it?");
  });

  it("counts characters in the reader's spelling", async () => {
    const { user } = shown(de, "de");
    await user.type(screen.getByLabelText("Ihre Nachricht"), "Hallo 😀");
    expect(screen.getByText("7 von 10.000 Zeichen")).toBeTruthy();
  });
});
