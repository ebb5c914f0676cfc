import { expect, it } from "vitest";
import { bytesOf, fileName } from "./download.ts";

it.each([
  ["report 2026.pdf", "report 2026.pdf"],
  ["Übersicht (1).csv", "Übersicht (1).csv"],
  ["../../.bashrc", "_.._.bashrc"],
  ["C:\\Windows\\x.dll", "C__Windows_x.dll"],
  [".htaccess", "htaccess"],
  ["invoice\u202Efdp.exe", "invoice_u202efdp.exe"],
  ["a\u0000\n.txt", "a_u0000_u000a.txt"],
  ["x.exe. . ", "x.exe"],
  ["CON.txt", "file-CON.txt"],
  ["$(reboot) `id` %PATH%", "_(reboot) _id_ _PATH_"],
  ["..", "file"],
  ["", "file"],
  [`${"x".repeat(500)}.tar`, `${"x".repeat(116)}.tar`],
])("a file %j is saved as %j", (name, expected) => {
  expect(fileName(name)).toBe(expected);
});

it.each([
  ["data:text/plain;base64,SMOpIQ==", "Hé!"],
  ["data:text/plain;base64,Pz8_Pj4-", "???>>>"],
  ["data:text/plain,100%25%20sure", "100% sure"],
  ["data:text/plain,100%", "100%"],
  ["data:application/octet-stream;base64,not base64!", "not base64!"],
])("the bytes of %s", (url, expected) => {
  expect(new TextDecoder().decode(bytesOf(url))).toBe(expected);
});
