import { DatabaseSync } from "node:sqlite";
import { BROWSER_TIMEOUT_MS } from "@threadstore/services/browser-timeout";
import { describeWithService } from "@threadstore/services/vitest";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fillStore } from "./sample-store.test-helper.ts";
import { faulty, refund } from "./sample-threads.test-helper.ts";
import { openTab, startViewers, type Tab, type Viewers } from "./viewer.test-helper.ts";

const EUROPE = "?namespace=acme%2Feurope";

await describeWithService("browser", "the page", ({ url: browserUrl }) => {
  let browser: Browser;
  let viewers: Viewers;
  let tab: Tab;

  beforeAll(async () => {
    viewers = await startViewers(fillStore);
    browser = await chromium.connectOverCDP(browserUrl, { timeout: BROWSER_TIMEOUT_MS });
    tab = await openTab(browser, viewers.readOnly);
  });
  afterAll(async () => {
    await browser.close();
    await viewers.stop();
  });

  const titles = () => tab.page.locator(".thread-title").allTextContents();

  describe("lists", () => {
    it("the threads of a namespace, the latest first", async () => {
      const { page, open, problems } = tab;
      await open("");
      await page.getByText("acme", { exact: true }).click();
      await page.locator(".namespace-row", { hasText: "acme" }).locator(".namespace-toggle").click();
      await page.getByText("europe", { exact: true }).click();
      await page.getByText("Refund for order 4711").waitFor();
      expect((await titles()).slice(0, 3)).toEqual([
        "Refund for order 4711",
        "Trip to Rome",
        "Pay the open invoice",
      ]);
      expect(new URL(page.url()).search).toBe(EUROPE);
      expect(problems).toEqual([]);
    });

    it.each([
      ["order-", ["Refund for order 4711"]],
      ["plan=business", ["Refund for order 4711"]],
      ['title="Trip to Rome" owner=ann', ["Trip to Rome"]],
      ["nothing-starts-like-this", []],
    ])("what the search %s finds", async (search, expected) => {
      const { page, open } = tab;
      await open(EUROPE);
      await page.keyboard.press("/");
      await page.keyboard.type(search);
      await page.waitForURL((url) => url.searchParams.get("search") === search);
      if (expected.length === 0) await page.getByText("No conversation matches").waitFor();
      await expect.poll(titles).toEqual(expected);
    });

    it("and opens threads with the keyboard", async () => {
      const { page, open, problems } = tab;
      await open(EUROPE);
      await page.getByText("Refund for order 4711").waitFor();
      for (const key of ["j", "j", "k", "j", "Enter"]) {
        await page.keyboard.press(key);
        await page.evaluate(() => new Promise(requestAnimationFrame));
      }
      await page.getByRole("heading", { name: "Trip to Rome" }).waitFor();
      await page.keyboard.press("5");
      await page.getByText("acme/europe").last().waitFor();
      await page.keyboard.press("?");
      await page.getByRole("dialog").getByText("Next or previous finding").waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await page.keyboard.press("Escape");
      await page.getByText("Choose a conversation").waitFor();
      expect(problems).toEqual([]);
    });
  });

  describe("shows", () => {
    it("reasoning, calls next to their results, images, and remote images as links", async () => {
      const { page, open, problems } = tab;
      await open(`${EUROPE}&thread=order-4711`);
      await page.getByRole("button", { name: "Reasoning" }).click();
      await page.getByText("First find the order").waitFor();
      const call = page.getByRole("region", { name: "Tool call find_order" });
      expect(await call.getByRole("heading").allTextContents()).toEqual(["Input", "Result"]);
      const boxes = await Promise.all(
        [0, 1].map((index) => call.locator(".tool-value").nth(index).boundingBox()),
      );
      expect(boxes[0]?.y).toBe(boxes[1]?.y);
      await page.keyboard.press("G");
      await page.getByText("Great, thank you!").waitFor();
      expect(await page.locator(".badge").allTextContents()).toEqual(
        expect.arrayContaining([" Approved", " Failed"]),
      );
      const picture = page.locator("img.picture");
      await picture.scrollIntoViewIfNeeded();
      expect(
        await picture.evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth)),
      ).toBe(440);
      const link = page.getByRole("link", { name: "https://cdn.example.com/uploads/mug.png" });
      expect(await link.getAttribute("rel")).toContain("noopener");
      expect(await page.locator("img:not([src^=data])").count()).toBe(1);
      expect(problems).toEqual([]);
    });

    it("an open turn, and findings at their places", async () => {
      const { page, open, problems } = tab;
      await open(`${EUROPE}&thread=invoice-2093`);
      await page.getByText("It waits for an approval. 1 call without a result.").waitFor();
      await page.getByText("Waits for approval").waitFor();
      await open(`${EUROPE}&thread=trip-rome`);
      await page.getByText("1 finding.").waitFor();
      await page.getByRole("button", { name: "Next finding" }).click();
      await page.getByText("1 of 1").waitFor();
      const current = page.locator('.row[data-current="true"]');
      expect(await current.textContent()).toContain("$.messages[2].tool_calls[1]");
      const note = current.getByRole("note", { name: "Finding" });
      expect(await note.locator("p").allTextContents()).toEqual([
        "The call does not have a result.",
        "A repair adds a result that says the call was interrupted.",
        "result-missing $.messages[2].tool_calls[1]",
      ]);
      expect(problems).toEqual([]);
    });

    it("the stored text, in which it finds", async () => {
      const { page, open, problems } = tab;
      await open(`${EUROPE}&thread=order-4711&view=raw`);
      await page.getByRole("textbox", { name: "Find in the text" }).fill("re_2093");
      await page.getByText("1 of 3 matches").waitFor();
      expect(await page.locator("mark").textContent()).toBe("re_2093");
      await page.getByRole("button", { name: "As stored" }).click();
      await page.locator(".line-number", { hasText: "1" }).first().waitFor();
      expect(await page.locator(".text-row").first().textContent()).toContain(
        '1{"format":"threadstore.thread","version":1',
      );
      expect(problems).toEqual([]);
    });

    it("versions with their difference, an older version, and plots", async () => {
      const { page, open, problems } = tab;
      await open(`${EUROPE}&thread=order-4711&view=versions`);
      await page.locator("ins", { hasText: "Great, thank you!" }).waitFor();
      expect(await page.locator("tbody tr").count()).toBe(5);
      await page.locator("tbody tr").last().getByRole("button").click();
      await page.getByText("1 message", { exact: true }).waitFor();
      await page.getByRole("tab", { name: "JSON" }).click();
      await page.locator(".text-row", { hasText: "My order **4711** arrived damaged" }).waitFor();
      expect(await page.locator(".text-lines").textContent()).not.toContain('"role": "assistant"');
      await page.getByRole("button", { name: "Show the latest" }).click();
      await page.getByText("5 messages").waitFor();
      await page.getByRole("tab", { name: "Growth" }).click();
      await page
        .getByRole("img", { name: /3 turns, 5 messages/u })
        .locator("canvas")
        .waitFor();
      await page.getByRole("tab", { name: "Details" }).click();
      await page.getByText("business").waitFor();
      expect(problems).toEqual([]);
    });

    it("a list or a conversation on a phone, without scrolling sideways", async () => {
      const { page, problems, open, context } = await openTab(browser, viewers.readOnly, {
        viewport: { width: 390, height: 844 },
      });
      await open(EUROPE);
      await page.getByText("Refund for order 4711").click();
      await page.getByRole("heading", { name: "Refund for order 4711" }).waitFor();
      expect(await page.getByRole("complementary").isVisible()).toBe(false);
      await page.getByText("so a refund is possible").waitFor();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
      await page.getByRole("button", { name: "Back to the list" }).click();
      await page.getByText("Trip to Rome").waitFor();
      await page.goBack();
      await page.getByRole("heading", { name: "Refund for order 4711" }).waitFor();
      expect(problems).toEqual([]);
      await context.close();
    });
  });

  describe("changes", () => {
    let writable: Tab;
    beforeAll(async () => {
      writable = await openTab(browser, viewers.writable);
    });

    const choose = async (action: string) => {
      await writable.page.getByRole("button", { name: "Actions" }).click();
      await writable.page.getByRole("menuitem", { name: action }).click();
    };
    const store = () => viewers.store.namespace("changes");

    it("nothing if the viewer is read-only, but previews a repair", async () => {
      const { page, open } = tab;
      await open(`${EUROPE}&thread=trip-rome`);
      await page.getByRole("button", { name: "Actions" }).click();
      const disabled = page.locator("[role=menuitem][data-disabled]");
      expect(await disabled.allTextContents()).toEqual([" Rename or archive…", " Fork…", " Erase…"]);
      await page.getByRole("menuitem", { name: "Preview a repair" }).click();
      await page.getByRole("alertdialog").getByText("result-missing").waitFor();
      expect(await page.getByRole("button", { name: "Repair 1 fault" }).isDisabled()).toBe(true);
      await page.keyboard.press("Escape");
    });

    it("a thread by a repair, after a confirmation", async () => {
      const { page, open, problems } = writable;
      await store().save("broken", faulty());
      await open("?namespace=changes&thread=broken");
      await page.getByText("1 finding.").waitFor();
      await choose("Preview a repair");
      await page.getByText("Remove calls without a result").click();
      await page.getByRole("button", { name: "Repair 1 fault" }).click();
      await page.getByText("1 finding.").waitFor({ state: "detached" });
      expect((await store().load("broken"))?.json).not.toContain('weather"');
      expect(problems).toEqual([]);
    });

    it("the title of a thread, and whether it is archived", async () => {
      const { page, open, problems } = writable;
      await store().save("named", refund(), { metadata: { title: "Old", owner: "ann" } });
      await open("?namespace=changes&thread=named");
      await page.getByText("5 messages").waitFor();
      await choose("Rename or archive");
      const save = page.getByRole("button", { name: "Save", exact: true });
      expect(await save.isDisabled()).toBe(true);
      await page.getByRole("textbox", { name: "Title" }).fill("New <b>");
      await page.getByRole("checkbox", { name: "Archived" }).check();
      await save.click();
      await page.getByRole("heading", { name: "New <b>" }).waitFor();
      await page.locator(".thread-row", { hasText: "New <b>" }).getByLabel("Archived").waitFor();
      expect(await store().load("named")).toMatchObject({
        metadata: { title: "New <b>", owner: "ann" },
        thread: refund(),
      });
      expect(problems).toEqual([]);
    });

    it("nothing if another client has saved the thread since, and offers to load it again", async () => {
      const { page, open } = writable;
      await store().save("busy", refund());
      await open("?namespace=changes&thread=busy");
      await page.getByText("5 messages").waitFor();
      await store().save("busy", faulty(), { overwrite: true });
      await choose("Erase");
      await page.getByRole("textbox", { name: "To confirm" }).fill("busy");
      await page.getByRole("button", { name: "Erase", exact: true }).click();
      await page.getByText("Nothing was written.").waitFor();
      await page.getByRole("alertdialog").getByRole("button", { name: "Load again" }).click();
      await page.getByText("6 messages").waitFor();
      expect(await store().load("busy")).toBeDefined();
    });

    it("by forks of a thread and of a version", async () => {
      const { page, open, problems } = writable;
      await store().save("original", { messages: [{ role: "user", content: "first" }] });
      await store().save(
        "original",
        { messages: [{ role: "user", content: "second" }] },
        { overwrite: true },
      );
      await open("?namespace=changes&thread=original&view=versions");
      await page.getByRole("button", { name: "Show the conversation" }).last().click();
      await page.getByText("first").waitFor();
      await choose("Fork");
      await page.getByRole("textbox", { name: "Id of the copy" }).fill("copy");
      await page.getByRole("button", { name: "Fork", exact: true }).click();
      await page.waitForURL((url) => url.searchParams.get("thread") === "copy");
      await page.getByText("first").waitFor();
      expect((await store().load("copy"))?.json).toContain("first");
      expect(problems).toEqual([]);
    });

    it("by erasing a corrupt thread, which cannot be shown", async () => {
      const { page, open, problems } = writable;
      const damaged = viewers.store.namespace("damaged");
      await damaged.save("damaged-thread", refund());
      using database = new DatabaseSync(viewers.database);
      const { changes } = database
        .prepare(
          "UPDATE threadstore_threads SET trailer = zeroblob(9) WHERE instr(id, CAST('damaged-thread' AS BLOB)) > 0",
        )
        .run();
      expect(changes).toBe(1);
      await open("?namespace=damaged");
      await page.locator(".thread-row", { hasText: "Corrupt" }).click();
      await page.getByText("restore the thread from a backup").waitFor();
      await page.getByText("CORRUPT", { exact: true }).waitFor();
      await choose("Erase");
      await page.getByRole("textbox", { name: "To confirm" }).fill("damaged-thread");
      await page.getByRole("button", { name: "Erase", exact: true }).click();
      await page.getByText("No conversations here").waitFor();
      expect(problems).toEqual([]);
    });

    it("by erasing a thread or a namespace, whose name must be typed", async () => {
      const { page, open, problems } = writable;
      await store().save("old", refund());
      await open("?namespace=changes&thread=old");
      await page.getByText("5 messages").waitFor();
      await choose("Erase");
      const erase = page.getByRole("button", { name: "Erase", exact: true });
      await page.getByRole("textbox", { name: "To confirm" }).fill("ol");
      expect(await erase.isDisabled()).toBe(true);
      await page.getByRole("textbox", { name: "To confirm" }).fill("old");
      await erase.click();
      await page.getByText("Choose a conversation").waitFor();
      expect(await store().load("old")).toBeUndefined();
      await page.getByRole("button", { name: "Erase the namespace" }).click();
      await page.getByRole("textbox", { name: "To confirm" }).fill("changes");
      await erase.click();
      await page.waitForURL((url) => url.search === "");
      expect((await store().listPage()).threads).toEqual([]);
      expect(problems).toEqual([]);
    });
  });

  it("says what to do if the token is lost", async () => {
    const { page, open, context } = await openTab(browser, viewers.readOnly);
    await open(EUROPE);
    await context.clearCookies();
    await page.getByRole("button", { name: "Load again" }).click();
    await page.getByText("UNAUTHORIZED").first().waitFor();
    expect(await page.locator(".thread-row").count()).toBe(0);
    await context.close();
  });
});
