/**
 * The report opened in a real browser: everything on the page is there, drawn, inside its bounds, and nothing is fetched.
 *
 * @weight 10
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect } from "chai";
import { chromium } from "playwright-core";
import { loadPlan } from "../experiment/plan.ts";
import { runExperiment } from "../experiment/run.ts";
import { toHtml } from "./html.ts";

const browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const executablePath = browsers.find((file) => existsSync(file));

const text = `{
  name: "page", title: "A page <to> look & at", question: "Is it readable?", replicates: 6,
  scenario: { requests: 300, demand: { requesters: 20 }, providers: { count: 10, stakeUsd: 20000, strategies: { honest: 1, always: 1 } } },
  axes: [
    { name: "audit rate", path: "scenario.auditors.rate", values: [0.5, 0.05, 0] },
    { name: "who watches", cases: [{ name: "all", set: {} }, { name: "nobody", set: { "scenario.watchers.asleep": 1 } }] },
  ],
  conditions: [{ output: "lieGain.always", max: 0, says: "lying loses" }],
  charts: [
    { kind: "phase", x: "audit rate", y: "who watches", output: "lieGain.always", title: "Phase" },
    { kind: "lines", x: "audit rate", by: "who watches", outputs: ["caughtShare"], title: "Lines" },
    { kind: "bars", x: "who watches", output: "checkedShare", title: "Bars" },
    { kind: "fan", column: "wrongShare", title: "Fan" },
  ],
}`;

describe("report in a browser", function () {
  this.timeout(120_000);

  it("shows verdict, charts and tables, with nothing outside the page and nothing fetched", async () => {
    if (executablePath === undefined) {
      console.log("      not run: no Chromium");
      return;
    }
    const folder = mkdtempSync(path.join(tmpdir(), "assay-report-"));
    const file = path.join(folder, "experiment.json5");
    writeFileSync(file, text);
    const page = path.join(folder, "report.html");
    writeFileSync(page, toHtml(await runExperiment(loadPlan(file), { workers: 1 })));
    const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    try {
      for (const width of [1280, 400]) {
        const tab = await browser.newPage({ viewport: { width, height: 900 } });
        const problems: string[] = [];
        tab.on("console", (message) => problems.push(message.text()));
        tab.on("pageerror", (error) => problems.push(String(error)));
        tab.on("request", (request) => {
          if (!request.url().startsWith("file:")) problems.push(request.url());
        });
        await tab.goto(`file://${page}`);
        expect(await tab.title()).to.equal("A page <to> look & at");
        expect(await tab.locator("section.verdict").innerText()).to.match(/^Safe at the reference point/);
        expect(await tab.locator("figure svg").count()).to.equal(4);
        for (const svg of await tab.locator("figure svg").all()) {
          const box = (await svg.boundingBox())!;
          expect(box.width).to.be.within(300, 800);
          expect(box.height).to.be.above(100);
          expect(box.x + box.width).to.be.at.most(width);
          // Something is drawn: marks besides axes and words.
          expect(await svg.locator("path").count()).to.be.above(6);
          // No word is cut off at the edge of its chart.
          for (const word of await svg.locator("text").all()) {
            const at = (await word.boundingBox())!;
            const words = await word.textContent();
            expect(at.x, `${words} at ${width}`).to.be.at.least(box.x - 1);
            expect(at.x + at.width, `${words} at ${width}`).to.be.at.most(box.x + box.width + 1);
          }
        }
        expect(await tab.locator("td.fails").count()).to.be.above(0);
        expect(await tab.evaluate(`document.documentElement.scrollWidth <= window.innerWidth`)).to.equal(true);
        expect(problems).to.deep.equal([]);
        await tab.close();
      }
    } finally {
      await browser.close();
      rmSync(folder, { recursive: true });
    }
  });
});
