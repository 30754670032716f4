// `assay story`: the whole life of an inference, honest and not, on a development chain.
import { Command, InvalidArgumentError, Option } from "commander";
import { CHAINS, type ChainName } from "../story/chains.ts";
import { DEFAULT_LIE, LIES } from "../story/lies.ts";
import { MODELS, loadModel, type ModelName } from "../story/models.ts";

interface StoryOptions {
  readonly chain: ChainName;
  readonly model: ModelName;
  readonly lie: string;
  readonly seed: number;
  readonly json: boolean;
}

export function addStory(program: Command): void {
  program
    .command("story")
    .description("publish a model, serve it, lie, and be convicted: on a development chain, with every move shown")
    .addOption(
      new Option("--chain <name>", "in this process, or anvil as a separate node").choices(CHAINS).default("hardhat"),
    )
    .addOption(new Option("--model <name>", "the model that is served").choices(MODELS).default("digits"))
    .addOption(new Option("--lie <kind>", "how the provider lies").choices(Object.keys(LIES)).default(DEFAULT_LIE))
    .option("--seed <n>", "chooses the question and the place of the lie", seedOf, 1)
    .option("--json", "end with one JSON object on the last line", false)
    .addHelpText("after", `\nLies:\n${lieList()}`)
    .action(tellStory);
}

const lieList = (): string =>
  Object.values(LIES)
    .map(({ name, summary }) => `  ${name.padEnd(24)}${summary}`)
    .join("\n");

function seedOf(text: string): number {
  const seed = Number(text);
  if (!Number.isSafeInteger(seed) || seed < 0) throw new InvalidArgumentError("a whole number, 0 or more");
  return seed;
}

async function tellStory({ chain, model, lie, seed, json }: StoryOptions): Promise<void> {
  // Loaded here, for they bring the chain's clients with them, which no other verb needs.
  const { Printer, printBalances } = await import("../story/printer.ts");
  const { setStage } = await import("../story/stage.ts");
  const { Tale } = await import("../story/tale.ts");
  const printer = new Printer(process.stdout);
  printer.title(`chain ${chain} · model ${model} · lie ${lie} · seed ${seed}`);
  const stage = await setStage(chain);
  try {
    const result = await new Tale(stage, loadModel(model), printer).tell(LIES[lie], seed);
    printBalances(printer, result.balances);
    if (json) console.log(JSON.stringify(result, (_key, value) => (typeof value === "bigint" ? Number(value) : value)));
    if (!result.honest.paid || !result.dispute.convicted) process.exitCode = 1;
  } finally {
    await stage.close();
  }
}
