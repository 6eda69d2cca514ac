import { expect, it } from "vitest";
import { ApiError } from "./api";
import { checkFiles, fileSentence, multipart, refusedFile } from "./files";
import { en } from "./i18n/en";

const RULES = { most: 2, largest: 1_000_000, endings: ["png", "txt"] };
const file = (name: string, bytes = 3) => new File([new Uint8Array(bytes)], name);
const said = (...files: File[]) => {
  const problem = checkFiles(files, RULES);
  return problem && fileSentence(problem, RULES, en);
};

it("says of the first file that is not taken why it is not", () => {
  expect(said(file("a.png"), file("B.TXT"))).toBeNull();
  expect(said(file("a.png"), file("run.exe"))).toBe("run.exe is not taken. We take: png, txt.");
  expect(said(file("a.png", 0))).toBe("a.png is empty.");
  expect(said(file("a.png", 1_000_001))).toBe("a.png is larger than 1 MB.");
  expect(said(file("a.png"), file("b.png"), file("c.png"))).toBe("At most 2 files go with a message.");
});

it("says what the product found when it looked at the bytes", () => {
  const problem = refusedFile(new ApiError(400, { error: "FILE_TYPE" }));
  expect(problem && fileSentence(problem, RULES, en)).toBe("One of the files is not taken. We take: png, txt.");
  expect(refusedFile(new ApiError(400, { error: "VALIDATION_ERROR" }))).toBeNull();
});

it("sends every field and every file", () => {
  const body = multipart({ message: "Look" }, [file("a.png"), file("b.txt")]);
  expect(body.get("message")).toBe("Look");
  expect(body.getAll("files").map((one) => (one as File).name)).toEqual(["a.png", "b.txt"]);
});
