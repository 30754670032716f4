// Every closed form against another way to the same number: enumeration, search, or play by seeded random numbers.
import { expect } from "chai";
import { InputError } from "../errors.ts";
import { Stream } from "../random.ts";
import { evaluateFormula, evaluationToJson, formulas, signature } from "./index.ts";

const results = (name: string, inputs: Record<string, number>) => evaluateFormula(name, inputs).results;
const number = (name: string, key: string, inputs: Record<string, number>) => results(name, inputs)[key] as number;

const without = (inputs: Record<string, number>, ...keys: string[]) =>
  Object.fromEntries(Object.entries(inputs).filter(([key]) => !keys.includes(key)));

/** Asserts that `play` has the given mean, within five standard errors of its own sample. */
function expectMean(play: () => number, expected: number, count = 60_000): void {
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < count; i++) {
    const x = play();
    sum += x;
    squares += x * x;
  }
  const mean = sum / count;
  const error = Math.sqrt(Math.max(squares / count - mean * mean, 1e-12) / count);
  expect(Math.abs(mean - expected), `mean ${mean}, expected ${expected}`).to.be.below(5 * error + 1e-9);
}

/** The least x in [0, high] at which a monotone condition turns true, by bisection. */
function threshold(holds: (x: number) => boolean, high: number): number {
  let low = 0;
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** What one job leaves its provider, played: the audit, the auditor's collusion, its miss, its error. */
function playJob(stream: Stream, cheats: boolean, x: Record<string, number>): number {
  const paid = x.R - (cheats ? x.Cprime : x.C);
  if (!stream.chance(x.p)) return paid;
  const convicted = cheats ? !stream.chance(x.r) && !stream.chance(x.beta) : stream.chance(x.phi);
  return convicted ? paid - x.R - x.S : paid;
}

/** The same in expectation, by enumeration of every branch. */
function expectedJob(cheats: boolean, x: Record<string, number>): number {
  let sum = 0;
  for (const audited of [0, 1])
    for (const colludes of [0, 1])
      for (const misses of [0, 1])
        for (const errs of [0, 1]) {
          const weight =
            (audited ? x.p : 1 - x.p) *
            (colludes ? x.r : 1 - x.r) *
            (misses ? x.beta : 1 - x.beta) *
            (errs ? x.phi : 1 - x.phi);
          const convicted = audited && (cheats ? !colludes && !misses : errs);
          sum += weight * ((convicted ? 0 : x.R) - (cheats ? x.Cprime : x.C) - (convicted ? x.S : 0));
        }
  return sum;
}

describe("published formulas", () => {
  it("F1: the cheating rate at which checking and not checking pay the same", () => {
    const stream = new Stream(1);
    for (let i = 0; i < 50; i++) {
      const [C, R, L] = [stream.uniform(), 3 * stream.uniform() + 1, 5 * stream.uniform()];
      const found = threshold((X) => R * X - C >= -L * X, 1);
      expect(number("F1", "X_min", { C, R, L })).to.be.closeTo(found, 1e-12);
      expect(results("F1", { C, R, L, X: Math.min(1, found + 1e-9) }).checks).to.equal(true);
      expect(results("F1", { C, R, L, X: found - 1e-9 }).checks).to.equal(false);
    }
    expect(results("F1", { C: 3, R: 1, L: 1 })).to.deep.equal({ X_min: 1.5, free_cheating: 1 });
  });

  it("F2: the audit rate from which cheating pays less, and no equilibrium below it is honest", () => {
    const stream = new Stream(2);
    for (let i = 0; i < 50; i++) {
      const x = { C: stream.uniform(), R: 1 + stream.uniform(), S: 10 * stream.uniform(), r: 0.9 * stream.uniform() };
      const found = threshold(
        (p) =>
          expectedJob(false, { ...x, p, Cprime: 0, beta: 0, phi: 0 }) >=
          expectedJob(true, { ...x, p, Cprime: 0, beta: 0, phi: 0 }),
        100,
      );
      expect(number("F2", "p_min", x)).to.be.closeTo(found, 1e-9);
    }
    expect(results("F2", { C: 2, R: 1, S: 1, r: 0 }).possible).to.equal(false);
    expect(results("F2", { C: 1, R: 1, S: 1, p: 0.5 }).honest).to.equal(false);
    expect(results("F2", { C: 1, R: 1, S: 1, p: 0.51 }).honest).to.equal(true);
  });

  it("F3: frauds before detection, break-even slash, and samples, by play and by counting", () => {
    const stream = new Stream(3);
    const p = 0.2;
    const frauds = () => {
      let count = 0;
      while (!stream.chance(p)) count++;
      return count;
    };
    expectMean(frauds, number("F3", "frauds", { p }));
    const S = number("F3", "S", { p, R: 3 });
    expectMean(() => 3 * frauds() - S, 0);
    for (const P of [0.5, 0.9, 0.96, 0.99, 0.999]) {
      let k = 0;
      for (let missed = 1; 1 - missed < P - 1e-12; k++) missed *= 1 - p;
      expect(number("F3", "k_whole", { p, P })).to.equal(k);
      expect((1 - p) ** number("F3", "k", { p, P })).to.be.closeTo(1 - P, 1e-12);
    }
    expect(number("F3", "k_whole", { p: 0.2, P: 1 - 0.8 ** 2 })).to.equal(2);
    expect(results("F3", { p: 1, R: 1, P: 1 })).to.deep.equal({ frauds: 0, S: 0, k: 1, k_whole: 1 });
  });

  it("F4: at alpha the announcer gains nothing by lying, whatever the number of watchers", () => {
    const stream = new Stream(4);
    for (const m of [1, 2, 7, 100]) {
      const x = { B: 1, S: 4, Z: 9, m };
      const alpha = number("F4", "alpha_m", x);
      const caught = () => {
        for (let i = 0; i < m; i++) if (stream.chance(alpha)) return true;
        return false;
      };
      expectMean(() => (caught() ? -x.S : x.Z), x.B, 30_000);
      expect((1 - alpha) ** m).to.be.closeTo(number("F4", "P_nobody", x), 1e-12);
    }
    expect(results("F4", { B: 2, S: 1, Z: 1, m: 3 }).mixed).to.equal(false);
  });

  it("F5: a race of n watchers and the liar's sock puppet", () => {
    const stream = new Stream(5);
    const [mu, n] = [12, 5];
    expectMean(
      () => {
        const times = Array.from({ length: n + 1 }, () => stream.exponential(1));
        return times.indexOf(Math.min(...times)) === 0 ? mu : 0;
      },
      number("F5", "worth", { mu, c: 1, n }),
    );
    for (const [prize, c] of [
      [12, 1],
      [12.5, 1],
      [1, 1],
      [1.5, 1],
      [100, 7],
    ]) {
      let most = -1;
      for (let count = 0; count < 200; count++) if (prize > c * (count + 1)) most = count;
      expect(number("F5", "n_max", { mu: prize, c, n: 1 })).to.equal(most);
    }
  });

  it("F6: the published ends of the curve and equal ratios between them", () => {
    const bond = (depth: number) => number("F6", "bond", { depth });
    expect(bond(0)).to.be.closeTo(0.08, 1e-15);
    expect(bond(73)).to.be.closeTo(60, 1e-10);
    // The base fee of 200 gwei buys 400,000 gas at the root and 300 million at the bottom.
    expect(number("F6", "bond_gwei", { depth: 73 }) / 200).to.be.closeTo(300e6, 1e-3);
    for (let depth = 1; depth < 73; depth++)
      expect((bond(depth + 1) * bond(depth - 1)) / bond(depth) ** 2).to.be.closeTo(1, 1e-12);
    // The sum of a geometric series, the other way to the total.
    const ratio = 750 ** (1 / 73);
    expect(number("F6", "total", { depth: 73 })).to.be.closeTo((0.08 * (ratio ** 74 - 1)) / (ratio - 1), 1e-9);
  });

  it("F7: by the specification's integer arithmetic", () => {
    const increment = 1_000_000_000n;
    for (const [slashed, total] of [
      [0n, 100n],
      [1n, 100n],
      [20n, 100n],
      [33n, 99n],
      [34n, 100n],
      [100n, 100n],
    ]) {
      const balance = 32n;
      const adjusted = slashed * 3n < total ? slashed * 3n : total;
      const penalty = Number((balance * increment * adjusted) / total) / Number(balance * increment);
      expect(number("F7", "penalty", { share: Number(slashed) / Number(total) })).to.be.closeTo(penalty, 1e-9);
    }
  });

  it("F8: the spread of played lotteries", () => {
    const stream = new Stream(8);
    const [n, p] = [40, 0.1];
    const deviation = number("F8", "deviation", { n, p });
    expectMean(
      () => {
        let wins = 0;
        for (let i = 0; i < n; i++) if (stream.chance(p)) wins++;
        return (wins / (n * p) - 1) ** 2;
      },
      deviation ** 2,
      20_000,
    );
  });

  it("F9: no cascade in a network with a buffer loses more, by enumeration of small networks", () => {
    const stream = new Stream(9);
    const gamma = 0.5;
    let cascades = 0;
    for (let trial = 0; trial < 300; trial++) {
      const stakes = Array.from({ length: 5 }, () => 1 + stream.below(9));
      // A service is attackable by a coalition that holds a third of the stake restaked in it; its prize is `profit`.
      const services = Array.from({ length: 3 }, () => ({
        members: Array.from({ length: 5 }, () => stream.chance(0.6)),
        profit: 0.2 + 3 * stream.uniform(),
      }));
      const alive = new Set([0, 1, 2, 3, 4]);
      const stakeOf = (set: Iterable<number>) => [...set].reduce((sum, i) => sum + stakes[i], 0);
      const attackable = (standing: Set<number>, buffer: number, open = services) => {
        for (let mask = 1; mask < 32; mask++) {
          const coalition = [0, 1, 2, 3, 4].filter((i) => mask & (1 << i) && standing.has(i));
          let profit = 0;
          const hit: typeof services = [];
          for (const service of open) {
            const total = stakeOf([...standing].filter((i) => service.members[i]));
            const held = stakeOf(coalition.filter((i) => service.members[i]));
            if (held === 0 || 3 * held < total) continue;
            profit += service.profit;
            hit.push(service);
          }
          if (profit > 0 && (1 + buffer) * profit > stakeOf(coalition)) return { coalition, hit };
        }
        return undefined;
      };
      if (attackable(alive, gamma) !== undefined) continue;
      const total = stakeOf(alive);
      for (const first of [0, 1, 2, 3, 4]) {
        const standing = new Set(alive);
        standing.delete(first);
        // A service can be robbed once.
        let open = services;
        for (let next = attackable(standing, 0); next; next = attackable(standing, 0, open)) {
          const { coalition, hit } = next;
          coalition.forEach((i) => standing.delete(i));
          open = open.filter((service) => !hit.includes(service));
          cascades++;
        }
        const bound = number("F9", "bound", { gamma, psi: stakes[first] / total });
        expect((total - stakeOf(standing)) / total).to.be.below(bound);
      }
    }
    expect(cascades, "some network must cascade, or nothing was tested").to.be.above(0);
  });

  it("F10: the stake from which an attack has no expected gain", () => {
    const [P, share, value] = [0.4, 0.25, 7];
    const found = threshold((S) => value - P * share * S <= 0, 1e4);
    expect(number("F10", "S_min", { P, share, S: 1, value })).to.be.closeTo(found, 1e-9);
    expect(results("F10", { P, share, S: 71, value }).safe).to.equal(true);
    expect(results("F10", { P, share, S: 69, value }).safe).to.equal(false);
    expect(number("F10", "S_min", { P: 0, share, S: 1, value })).to.equal(Infinity);
  });

  it("F11: the yield of a delay, summed second by second", () => {
    const [value, rate, weeks] = [1e6, 0.05, 1.5];
    let lost = 0;
    for (let second = 0; second < weeks * 604_800; second++) lost += (value * rate) / (52 * 604_800);
    expect(number("F11", "bond", { value, yield: rate, weeks })).to.be.closeTo(lost, 1e-6);
  });

  it("F12: halving for each finder more, so that sock puppets gain nothing", () => {
    let each = 64;
    for (let k = 1; k <= 10; k++, each /= 2) expect(number("F12", "payout", { J: 64, k })).to.equal(each);
    for (let k = 1; k < 10; k++)
      expect(number("F12", "total", { J: 64, k: k + 1 })).to.be.at.most(number("F12", "total", { J: 64, k }));
  });
});

describe("derived formulas", () => {
  const base = { p: 0.3, r: 0.2, beta: 0.1, phi: 0.02, R: 2, S: 3, C: 1, Cprime: 0.3, m: 0.1 };
  const random = (stream: Stream) => ({
    p: 0.05 + 0.9 * stream.uniform(),
    r: 0.5 * stream.uniform(),
    beta: 0.5 * stream.uniform(),
    phi: 0.2 * stream.uniform(),
    R: 1 + stream.uniform(),
    S: 20 * stream.uniform(),
    C: 0.5 + 0.5 * stream.uniform(),
    Cprime: 0.5 * stream.uniform(),
    m: 0.2 * stream.uniform(),
  });

  it("deterrence: played jobs have the expected payoffs, and the margin is their difference", () => {
    const stream = new Stream(21);
    for (const cheats of [false, true]) expectMean(() => playJob(stream, cheats, base), expectedJob(cheats, base));
    for (let i = 0; i < 200; i++) {
      const x = random(stream);
      const [honest, cheat] = [expectedJob(false, x), expectedJob(true, x)];
      const out = results("deterrence", x);
      expect(out.margin).to.be.closeTo(honest - cheat, 1e-9);
      expect(out.deterred).to.equal(honest > cheat);
      expect(out.participates).to.equal(honest >= x.m);
    }
  });

  it("deterrence: p_min and S_min are where the sign turns", () => {
    const stream = new Stream(22);
    for (let i = 0; i < 100; i++) {
      const x = random(stream);
      const better = (y: object) => expectedJob(false, { ...x, ...y }) >= expectedJob(true, { ...x, ...y });
      const p = number("deterrence", "p_min", x);
      if (p <= 1)
        expect(p).to.be.closeTo(
          threshold((p) => better({ p }), 1),
          1e-9,
        );
      else expect(better({ p: 1 })).to.equal(false);
      const S = number("deterrence", "S_min", x);
      if (S < 1e5)
        expect(S).to.be.closeTo(
          threshold((S) => better({ S }), 1e6),
          1e-5,
        );
    }
  });

  it("slash-window: the scan over slashes finds the same ends, or none when it is empty", () => {
    const stream = new Stream(23);
    let empty = 0;
    for (let i = 0; i < 120; i++) {
      const x = random(stream);
      const {
        S_min,
        S_max,
        phi_max,
        empty: isEmpty,
      } = results("slash-window", without(x, "S")) as Record<string, number>;
      const deters = (S: number) => expectedJob(false, { ...x, S }) - expectedJob(true, { ...x, S }) >= -1e-12;
      const accepts = (S: number) => expectedJob(false, { ...x, S }) - x.m >= -1e-12;
      const scan = Array.from({ length: 1000 }, (_, step) => step * 0.1);
      const good = scan.filter((S) => deters(S) && accepts(S));
      if (isEmpty) {
        empty++;
        expect(good).to.have.length(0);
      } else if (good.length > 0) {
        expect(good[0]).to.be.within(Math.max(0, S_min) - 1e-9, Math.max(0, S_min) + 0.1 + 1e-9);
        if (S_max < 95) expect(good[good.length - 1]).to.be.within(S_max - 0.1 - 1e-9, S_max + 1e-9);
      } else expect(S_max - Math.max(0, S_min) < 0.1 || S_min > 95).to.equal(true);
      // The order of the two ends, whatever p is.
      if (x.R - x.C - x.m >= 0) expect(S_min <= S_max + 1e-9).to.equal(x.phi <= phi_max + 1e-12);
    }
    expect(empty).to.be.above(5);
  });

  it("slash-window: ends in order are not enough: a fee lost to false convictions may empty it", () => {
    const out = results("slash-window", { p: 1, phi: 0.2, R: 1, C: 0.9, Cprime: 0.89 });
    expect(out.S_min as number).to.be.below(out.S_max as number);
    expect(out.phi_max as number).to.be.above(0.2);
    expect(out.empty).to.equal(true);
    expect(out.verdict).to.match(/losing the fee/);
  });

  it("slash-window: exact arithmetic removes the upper end, and says so", () => {
    const open = evaluateFormula("slash-window", { p: 0.05, R: 1, C: 0.5 });
    expect(open.results.S_min).to.be.closeTo(9, 1e-12);
    expect(open.results.S_max).to.equal(Infinity);
    expect(open.results.verdict).to.match(/exact arithmetic/);
    expect(JSON.parse(evaluationToJson(open)).results.S_max).to.equal("Infinity");
    expect(results("slash-window", { p: 0.05, R: 1, C: 2 }).verdict).to.match(/^empty/);
    expect(results("slash-window", { p: 0, R: 1, C: 0.5 }).verdict).to.match(/^empty/);
  });

  it("exposure: enumeration over every number of cheats and every pattern of detection", () => {
    const stream = new Stream(24);
    for (let i = 0; i < 60; i++) {
      const x = { ...random(stream), n: 1 + stream.below(9) };
      const caught = x.p * (1 - x.r) * (1 - x.beta);
      // What cheating on the first `cheats` of n claims gains over honesty, by enumeration of who is caught.
      const gain = (cheats: number, K: number) => {
        let sum = 0;
        for (let mask = 0; mask < 1 << cheats; mask++) {
          let [weight, found] = [1, 0];
          for (let claim = 0; claim < cheats; claim++) {
            const isCaught = (mask & (1 << claim)) !== 0;
            weight *= isCaught ? caught : 1 - caught;
            found += Number(isCaught);
          }
          sum += weight * (cheats * (x.C - x.Cprime) - found * x.R - (found > 0 ? K : 0));
        }
        return sum;
      };
      const keys = without(x, "phi", "m", "S");
      const K = number("exposure", "K", keys);
      for (let cheats = 1; cheats <= x.n; cheats++) expect(gain(cheats, K)).to.be.at.most(1e-9);
      if (K > 0) expect(gain(x.n, K - 1e-6)).to.be.above(0);
    }
  });

  it("exposure: a small audit rate needs no more than the limit of its terms", () => {
    const K = number("exposure", "K", { p: 1e-9, R: 0, C: 1, n: 10 });
    expect(K * 1e-9).to.be.closeTo(1, 1e-7);
    expect(number("exposure", "K", { p: 0, R: 1, C: 1, n: 3 })).to.equal(Infinity);
    expect(number("exposure", "K", { p: 1, R: 2, C: 1, n: 3 })).to.equal(0);
  });

  it("inspection: at v* the provider and at q* the watcher is indifferent, in play", () => {
    const stream = new Stream(25);
    const x = { R: 2, C: 1, Cprime: 0.25, S: 5, rho: 0.3, c: 0.4, f: 0.01, J: 20 };
    const out = results("inspection", x) as Record<string, number>;
    expectMean(() => (stream.chance(out["v*"]) ? -x.S : x.R - x.Cprime), x.R - x.C);
    expectMean(() => (stream.chance(out["v*_paid"]) ? -x.S : x.R) - x.Cprime, x.R - x.C);
    expectMean(() => (stream.chance(out["q*"]) ? x.rho * x.S : 0) - x.c, 0);
    expectMean(() => (stream.chance(out["q*_forced"]) ? x.rho * x.S : 0) + (stream.chance(x.f) ? x.J : 0) - x.c, 0);
    expect(out["v*_paid"]).to.be.at.most(out["v*"]);
    expect(results("inspection", { ...x, J: 40 }).forced_errors_pay).to.equal(true);
    expect(results("inspection", { ...x, rho: 0 })["q*"]).to.equal(Infinity);
  });

  it("self-conviction: the loss is what leaves the provider's two pockets", () => {
    const pockets = { stake: 100, wallet: 0 };
    const [S, rho] = [40, 0.15];
    pockets.stake -= S;
    pockets.wallet += rho * S;
    expect(number("self-conviction", "loss", { S, rho })).to.equal(100 - pockets.stake - pockets.wallet);
    const S_factor = number("self-conviction", "S_factor", { S, rho });
    expect(number("self-conviction", "loss", { S: S * S_factor, rho })).to.be.closeTo(S, 1e-12);
  });

  it("delay-cost: agrees with F11 and turns at the bond", () => {
    const x = { value: 5e5, yield: 0.04, weeks: 6 / 7 };
    const cost = number("delay-cost", "cost", x);
    expect(cost).to.be.closeTo(number("F11", "bond", x), 1e-9);
    expect(results("delay-cost", { ...x, B: cost * 1.001 }).covered).to.equal(true);
    expect(results("delay-cost", { ...x, B: cost * 0.999 }).covered).to.equal(false);
  });
});

describe("formula inputs", () => {
  const problemsOf = (name: string, inputs: Record<string, string>) => {
    try {
      evaluateFormula(name, inputs);
    } catch (error) {
      if (error instanceof InputError) return error.problems;
      throw error;
    }
    return [];
  };

  it("refuses unknown names and keys, missing keys, non-numbers and probabilities outside [0, 1]", () => {
    expect(() => evaluateFormula("F13", {})).to.throw(InputError, /unknown formula[^]*F1, F2/);
    expect(problemsOf("F1", { C: "1", R: "1", L: "1", toString: "2" })[0].rule).to.equal("unknown key");
    expect(problemsOf("F1", { C: "1", R: "1" })[0].rule).to.match(/missing key/);
    for (const bad of ["1.5", "-0.1"]) expect(problemsOf("F8", { n: "1", p: bad })[0].rule).to.match(/\[0, 1\]/);
    for (const bad of ["5%", "", "NaN", "Infinity", "0x10", "1e999", "1 "])
      expect(problemsOf("F8", { n: "1", p: bad })[0].rule).to.match(/finite decimal/);
    expect(problemsOf("F8", { n: "0", p: "2" })).to.have.length(2);
    expect(() => evaluateFormula("F7", { share: NaN })).to.throw(InputError);
  });

  it("refuses what leaves a formula without a meaning", () => {
    expect(() => evaluateFormula("F1", { C: 1, R: 0, L: 0 })).to.throw(InputError, /denominator/);
    expect(() => evaluateFormula("F2", { C: 1, R: 0, S: 0 })).to.throw(InputError);
    expect(() => evaluateFormula("F3", { p: 0 })).to.throw(InputError);
    expect(() => evaluateFormula("deterrence", { p: 1, R: 1, S: 1, C: 1, Cprime: 2 })).to.throw(InputError, /Cprime/);
  });

  it("documents a source, every input and every result of every formula", () => {
    expect([...formulas.keys()]).to.have.length(18);
    for (const formula of formulas.values()) {
      expect(formula.source).to.match(/\w{4}/);
      expect(signature(formula)).to.not.equal("");
      const inputs = Object.fromEntries(
        Object.entries(formula.inputs).map(([key, { unit }]) => [key, unit === "count" ? 2 : 0.5]),
      );
      if (formula.name === "F6") inputs.depth = 10;
      const { results: out } = evaluateFormula(formula.name, inputs);
      expect(Object.keys(out).sort()).to.deep.equal(Object.keys(formula.results).sort());
    }
  });
});
