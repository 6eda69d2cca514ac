import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { en } from "@/lib/i18n/en";
import { ReplyForm } from "./ReplyForm";
import { Texts } from "./Texts";

const RULES = { most: 2, largest: 1_000, endings: ["png", "txt"] };

let answer: () => Response;
let calls: { url: string; body: FormData | string }[];

// As the product writes it into each page.
const facts = Object.assign(document.createElement("script"), { id: "company", type: "application/json" });
facts.textContent = JSON.stringify({ name: "Acme", supportAddress: "help@acme.example", files: RULES });
document.head.append(facts);

beforeEach(() => {
  calls = [];
  answer = () => Response.json({ ticket_id: "TKT-1" }, { status: 201 });
  vi.stubGlobal("fetch", async (url: string, { body }: { body: FormData | string }) => {
    calls.push({ url, body });
    return answer();
  });
});
afterEach(() => vi.unstubAllGlobals());

function shown() {
  render(
    <Texts t={en} language="en">
      <ReplyForm opener={{ number: "TKT-1", token: "t" }} said={1} onSent={() => {}} />
    </Texts>,
  );
  // The page takes whatever a browser that ignores `accept` hands over.
  return userEvent.setup({ delay: null, applyAccept: false });
}

const file = (name: string, bytes = 3) => new File([new Uint8Array(bytes)], name);
const control = () => screen.getByLabelText(/Add files/) as HTMLInputElement;
const problem = () => document.getElementById("files-error")?.textContent;

it("takes files one after the other, takes them off again, and says at the field what is wrong", async () => {
  const user = shown();
  await user.upload(control(), file("a.png"));
  await user.upload(control(), file("run.exe"));
  expect(problem()).toBe("run.exe is not taken. We take: png, txt.");
  expect(control().getAttribute("aria-invalid")).toBe("true");
  await user.type(screen.getByLabelText("Write back"), "Look");
  await user.click(screen.getByRole("button", { name: "Send" }));
  expect(calls).toEqual([]);
  await user.click(screen.getByRole("button", { name: "Take run.exe off" }));
  expect(problem()).toBe("");
  expect(document.activeElement).toBe(control());
});

it("sends the files with the message, and has none left when that is done", async () => {
  const user = shown();
  await user.upload(control(), [file("a.png"), file("b.txt")]);
  await user.type(screen.getByLabelText("Write back"), "Look");
  answer = () => Response.json({ error: "FILE_TYPE", message: "no", details: [] }, { status: 400 });
  await user.click(screen.getByRole("button", { name: "Send" }));
  await waitFor(() => expect(problem()).toBe("One of the files is not taken. We take: png, txt."));
  await user.click(screen.getByRole("button", { name: "Take b.txt off" }));
  answer = () => Response.json({ ticket_id: "TKT-1" }, { status: 201 });
  await user.click(screen.getByRole("button", { name: "Send" }));
  await screen.findByText("Sent");
  const { url, body } = calls.at(-1) ?? { url: "", body: "" };
  expect(url).toBe("/api/v1/tickets/TKT-1/messages/files?token=t");
  expect((body as FormData).getAll("files").map((one) => (one as File).name)).toEqual(["a.png"]);
  expect(screen.queryByText("a.png")).toBeNull();
});
