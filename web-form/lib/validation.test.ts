import { describe, expect, it } from "vitest";
import { SUPPORT_FORM, TICKET_REPLY } from "./generated/rules";
import { check, checkAll, length } from "./validation";

describe("the rules that were generated from the server's OpenAPI", () => {
  it("count code points of the trimmed text", () => {
    expect(length("\u3000 😀é \n")).toBe(2);
    expect(check("name", SUPPORT_FORM.name, "😀")).toEqual({ kind: "short", least: 2 });
    expect(check("name", SUPPORT_FORM.name, ` ${"😀".repeat(255)} `)).toBeNull();
    expect(check("name", SUPPORT_FORM.name, "x".repeat(256))).toEqual({ kind: "long", most: 255 });
  });

  it("tell an empty field from a wrong one, and an optional one from both", () => {
    expect(check("email", SUPPORT_FORM.email, " ")).toEqual({ kind: "empty" });
    expect(check("email", SUPPORT_FORM.email, "ann@customer")).toEqual({ kind: "email" });
    expect(check("phone", SUPPORT_FORM.phone, "  ")).toBeNull();
    expect(check("phone", SUPPORT_FORM.phone, "0044 7700 900123")).toEqual({ kind: "phone" });
    expect(check("category", SUPPORT_FORM.category, "")).toEqual({ kind: "choose" });
    expect(check("message", TICKET_REPLY.message, "a\0b")).toEqual({ kind: "character" });
  });

  it("forgive what people type around a number", () => {
    for (const typed of ["+44 (0)20 7946 0958", "+49-30-1234567", "+52 1 55 1234 5678", "+1 (415) 523-8886"])
      expect(check("phone", SUPPORT_FORM.phone, typed), typed).toBeNull();
  });

  it("find every wrong field of a form", () => {
    const blank = { name: "", email: "", subject: "", category: "", message: "", homepage: "" };
    const empty = { ...blank, phone: "x", priority: "medium" };
    expect(Object.keys(checkAll(SUPPORT_FORM, empty)).sort()).toEqual(
      ["category", "email", "message", "name", "phone", "subject"].sort(),
    );
  });
});
