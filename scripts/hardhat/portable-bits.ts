/**
 * A Hardhat plugin that lets one source tree compile for EVM versions with and without the `clz` instruction: where the
 * build profile names a version before Osaka, `contracts/vm/Bits.sol` is compiled as an alias of `BitsPortable.sol`.
 */
import { readFile } from "node:fs/promises";
import type { HardhatPlugin } from "hardhat/types/plugins";

const FOLDER = "contracts/vm";
const ALIAS = `// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;
import { BitsPortable as Bits } from "./BitsPortable.sol";
`;
/** The EVM versions that have `clz`. */
const WITH_CLZ = new Set(["osaka"]);

export const portableBits: HardhatPlugin = {
  id: "portable-bits",
  hookHandlers: {
    solidity: async () => ({
      default: async () => ({
        preprocessSolcInputBeforeBuilding: async (context, input, next) => {
          const { sources, settings } = input;
          const bits = `project/${FOLDER}/Bits.sol`;
          const portable = `project/${FOLDER}/BitsPortable.sol`;
          if (sources[bits] === undefined || WITH_CLZ.has(settings.evmVersion ?? "")) return next(context, input);
          const content = await readFile(`${context.config.paths.root}/${FOLDER}/BitsPortable.sol`, "utf8");
          return next(context, {
            ...input,
            sources: { ...sources, [bits]: { content: ALIAS }, [portable]: { content } },
          });
        },
      }),
    }),
  },
};
