/**
 * Text to tokens and back: by a tokenizer.json (the `@huggingface/tokenizers` package reads it), or for a model of
 * characters by the `vocabulary` in its file's metadata.
 */
import { Tokenizer } from "@huggingface/tokenizers";
import { GraphError } from "@assay/graph";

export interface TextCodec {
  /** Throws BAD_OPTION for text that the model has no tokens for. */
  encode(text: string): number[];
  decode(tokens: readonly number[]): string;
}

/** The codec of a tokenizer.json. Throws MALFORMED_FILE. */
export function tokenizerCodec(file: string, bytes: Uint8Array): TextCodec {
  let tokenizer: Tokenizer;
  try {
    tokenizer = new Tokenizer(JSON.parse(new TextDecoder().decode(bytes)) as object, {});
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new GraphError("MALFORMED_FILE", `no tokenizer: ${reason}`, { file }, { cause: error });
  }
  return {
    encode: (text) => {
      const ids: number[] = tokenizer.encode(text).ids;
      const known = ids.every((id) => Number.isInteger(id) && id >= 0);
      if (!known) throw new GraphError("BAD_OPTION", "the tokenizer has no tokens for this text", { file });
      return ids;
    },
    decode: (tokens) => tokenizer.decode([...tokens], { skip_special_tokens: true }),
  };
}

/** The codec of a vocabulary of characters: token i is its character i. */
export function characterCodec(vocabulary: string): TextCodec {
  const characters = [...vocabulary];
  return {
    encode: (text) =>
      Array.from(text, (character) => {
        const token = characters.indexOf(character);
        if (token < 0) throw new GraphError("BAD_OPTION", `the model has no token for ${JSON.stringify(character)}`);
        return token;
      }),
    decode: (tokens) => tokens.map((token) => characters[token] ?? "").join(""),
  };
}
