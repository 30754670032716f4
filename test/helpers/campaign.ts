/**
 * A whole campaign at the dispute table: one challenger with as many games as it wants, one provider, from the first
 * challenge until every game is over.
 */
import {
  nextCampaignMove,
  nextProviderMove,
  Published,
  type Game,
  type GameId,
} from "../../packages/dispute/src/index.ts";
import { challenge, DAY, isConvicted, readGame, send, type Case, type Table } from "./dispute-table.ts";

/** No campaign needs more moves. */
const MOST_TURNS = 1000;

/** Plays a case to its end; returns the games in the order in which they were opened. */
export async function playCampaign(table: Table, played: Case): Promise<GameId[]> {
  const { game: contract, operator, challenger, chain } = table;
  const { provider } = played;
  const published = new Published();
  const ids = [await challenge(table, played)];
  const bond = await contract.bondOf(played.dispute.claimId);
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    const all = await Promise.all(ids.map((id) => readGame(table, id)));
    const games = all.filter(({ stage }) => stage !== "none");
    if (games.length === 0) return ids;
    const dispute = { ...played.dispute, convicted: await isConvicted(table, played.dispute.claimId) };
    const now = await chain.networkHelpers.time.latest();
    const answers = games.map((game) => nextProviderMove(dispute, game, provider.trace, provider.machine, now));
    const answer = answers.find(({ kind }) => kind !== "wait");
    const own = played.challenger;
    const move = answer ?? nextCampaignMove({ dispute, games, bond }, own.trace, own.machine, published, now);
    if (move.kind === "wait") {
      await chain.networkHelpers.time.increase(5 * DAY);
    } else if (move.kind === "challenge") {
      ids.push(await challenge(table, played));
    } else {
      await send(table, answer ? operator : challenger, move);
      const before = games.find(({ id }) => "game" in move && id === move.game);
      published.learn(move, before as Game, dispute);
    }
  }
  throw new Error("the campaign does not end");
}
