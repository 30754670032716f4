// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Claim} from "../types/Claim.sol";
import {IStepEvaluator, Part, Step} from "../vm/IStepEvaluator.sol";
import {TensorShape} from "../vm/TensorShape.sol";
import {Bond} from "./Bond.sol";
import {Clock, ClockLib} from "./Clock.sol";
import {GameId, GameIdLib} from "./GameId.sol";
import {IClaimHolder} from "./IClaimHolder.sol";
import {Ending, Stage} from "./IDisputeGame.sol";
import {Lists} from "./Lists.sol";
import {Position} from "./Position.sol";
import {Treasury} from "./Treasury.sol";

/// @title GameTable
/// @notice The table that games are played on: what is stored of each, whose turn it is, and how games end. A game is five
/// words (what it stands on; who asks, for what bond; where and when; the tensor it is in; what was demanded), a disputed
/// claim three and two maps.
abstract contract GameTable is Treasury {
    /// @notice What a deployment chooses; justified in the parameter file.
    /// @param arityLog2 Levels that an opening publishes at most.
    /// @param snapshotsLog2 log2 of the pieces that a segment is cut into.
    /// @param extension Seconds that a side has left at least when its turn begins anew.
    /// @param tipCap Wei per gas above the base fee that credits pay for at most.
    /// @param priceCap Wei per gas that bonds are made for.
    struct Parameters {
        uint8 arityLog2;
        uint8 snapshotsLog2;
        uint32 extension;
        uint64 tipCap;
        uint64 priceCap;
    }

    /// @dev All zero before the game and after it.
    struct Game {
        bytes32 pinned;
        address challenger;
        // What is left of the bond, and what of it the operator has earned and not yet collected.
        uint48 bondGwei;
        uint48 owedGwei;
        Stage stage;
        uint8 moves;
        Clock clock;
        Position position;
        uint40 feesGwei;
        // A TensorShape. Beside it, the block number at which the claim's only game pinned its block; 0 if it did not.
        uint224 shape;
        uint32 pinnedAt;
        // What the provider owes in stage Supply, and the stage to go back to: stage << 128 | demand.
        uint256 demanded;
    }

    struct Dispute {
        // Zero once the claim is convicted.
        bytes32 claimHash;
        bytes32 traceRoot;
        address operator;
        // When the trace was opened; 0 before, CONVICTED once the claim fell.
        uint32 openedAt;
        uint24 games;
        Lists lists;
        // First game that pinned a block, and when: block number << 32 | game number. A game that is alone on its claim keeps
        // this to itself until a second one comes: a word less to write.
        mapping(uint256 place => uint256 pin) pins;
        mapping(uint256 key => bytes32 hash) snapshots;
    }

    uint32 internal constant CONVICTED = type(uint32).max;

    IClaimHolder public immutable HOLDER;
    IStepEvaluator public immutable EVALUATOR;

    uint256 public immutable ARITY_LOG2;
    uint256 public immutable SNAPSHOTS_LOG2;
    uint256 public immutable EXTENSION;
    uint256 public immutable TIP_CAP;
    uint256 public immutable PRICE_CAP;
    /// @notice Moves after which a challenger demands no more.
    uint256 public immutable MOST_MOVES;
    /// @notice What a descent asks for its gas, in gwei: part of the bond of a challenge.
    uint256 public immutable GAS_BOND_GWEI;

    mapping(uint256 claimId => Dispute dispute) internal _disputes;
    mapping(GameId id => Game game) internal _games;

    constructor(IClaimHolder holder, IStepEvaluator evaluator, Parameters memory parameters) {
        // INVARIANT: a group is 2 to 256 nodes, a publication 2 to 256 snapshots, and a game's moves are counted in a byte.
        if (
            parameters.arityLog2 == 0 ||
            parameters.arityLog2 > 8 ||
            parameters.snapshotsLog2 == 0 ||
            parameters.snapshotsLog2 > 8 ||
            Bond.longest(parameters.arityLog2, parameters.snapshotsLog2) + Bond.DEMANDS > Bond.MOVES
        ) revert DisputeGame_Parameters();
        HOLDER = holder;
        EVALUATOR = evaluator;
        ARITY_LOG2 = parameters.arityLog2;
        SNAPSHOTS_LOG2 = parameters.snapshotsLog2;
        EXTENSION = parameters.extension;
        TIP_CAP = parameters.tipCap;
        PRICE_CAP = parameters.priceCap;
        MOST_MOVES = Bond.MOVES - Bond.longest(parameters.arityLog2, parameters.snapshotsLog2);
        GAS_BOND_GWEI = _gweiUp(Bond.worst(parameters.arityLog2, parameters.snapshotsLog2) * parameters.priceCap);
    }

    // ── Where a game stands ──────────────────────────────────────────────────────────────────────────────────────────

    /// @dev The node a game stands on. Until its first pick that is the trace root, which a claim's games share.
    function _standing(Dispute storage d, Game storage g) internal view returns (bytes32 pinned, Position position) {
        return g.stage == Stage.Trace ? (d.traceRoot, d.lists.top()) : (g.pinned, g.position);
    }

    /// @dev What a game waits for, and since when. The opening of the trace answers all games that waited for it.
    function _turn(Dispute storage d, Game storage g) internal view returns (Stage stage, Clock clock) {
        (stage, clock) = (g.stage, g.clock);
        if (stage != Stage.Trace) return (stage, clock);
        uint256 openedAt = d.openedAt;
        if (openedAt == 0 || openedAt == CONVICTED) return (stage, clock);
        uint256 since = clock.since();
        return (Stage.Pick, clock.punch(ClockLib.PROVIDER, EXTENSION, openedAt > since ? openedAt : since));
    }

    function _isProviders(Stage stage) internal pure returns (bool) {
        return stage == Stage.Trace || stage == Stage.Open || stage == Stage.Publish || stage == Stage.Supply;
    }

    /// @dev Guards of a challenger's move; the clock that ran is stopped.
    function _asChallenger(
        Dispute storage d,
        Game storage g,
        Stage wanted,
        bytes32 expected
    ) internal view returns (Position position, Clock clock) {
        // INVARIANT: only a game's challenger points.
        if (!_isFor(g.challenger)) revert DisputeGame_Sender(msg.sender);
        Stage stage;
        bytes32 pinned;
        (stage, clock) = _turn(d, g);
        (pinned, position) = _standing(d, g);
        clock = _move(stage, wanted, pinned, expected, clock);
    }

    /// @dev Guards of an answer; the provider's clock is stopped.
    function _asProvider(
        Dispute storage d,
        GameId id,
        Game storage g,
        Stage wanted,
        bytes32 expected
    ) internal view returns (Position position, Clock clock) {
        // INVARIANT: nothing is asked, and no bond spent, once a claim is convicted.
        if (d.openedAt == CONVICTED) revert DisputeGame_Claim(id.claimId());
        position = g.position;
        clock = _move(g.stage, wanted, g.pinned, expected, g.clock);
    }

    function _move(
        Stage stage,
        Stage wanted,
        bytes32 pinned,
        bytes32 expected,
        Clock clock
    ) private view returns (Clock) {
        // INVARIANT: a move is made in turn, ...
        if (stage != wanted) revert DisputeGame_Stage(stage);
        // INVARIANT: ... answers the node it was made for, ...
        if (pinned != expected) revert DisputeGame_Expected(pinned, expected);
        // INVARIANT: ... and is in time.
        uint256 side = _isProviders(stage) ? ClockLib.PROVIDER : ClockLib.CHALLENGER;
        _inTime(clock, side);
        return clock.punch(side, EXTENSION, block.timestamp);
    }

    function _inTime(Clock clock, uint256 side) internal view {
        uint256 deadline = clock.deadline(side);
        if (block.timestamp > deadline) revert DisputeGame_Late(deadline);
    }

    // ── What is disputed ─────────────────────────────────────────────────────────────────────────────────────────────

    function _isClaim(Dispute storage d, uint256 claimId, Claim memory claim) internal view {
        // INVARIANT: the claim is the one disputed, and stands.
        if (claim.hashClaim(address(HOLDER)) != d.claimHash) revert DisputeGame_Claim(claimId);
    }

    function _isHeader(Claim calldata claim, bytes calldata header) internal pure {
        // INVARIANT: sizes come from the claim's program.
        if (keccak256(header) != claim.programRoot) revert DisputeGame_Header();
    }

    function _sameHash(bytes32 expected, bytes32 given) internal pure {
        if (expected != given) revert DisputeGame_Hash(expected, given);
    }

    function _isLength(uint256 expected, uint256 given) internal pure {
        if (expected != given) revert DisputeGame_Length(expected, given);
    }

    /// @dev What the program makes of the tensor at a place.
    /// @param witness Header, record and record path.
    function _shape(
        Dispute storage d,
        uint256 claimId,
        Claim calldata claim,
        Position position,
        bytes calldata witness
    ) internal view returns (TensorShape) {
        _isClaim(d, claimId, claim);
        Step memory step;
        step.claim = claim;
        step.call = uint32(position.call());
        step.position = uint32(position.node());
        step.part = Part.Shape;
        return TensorShape.wrap(uint256(EVALUATOR.evaluate(step, witness)));
    }

    // ── Money ────────────────────────────────────────────────────────────────────────────────────────────────────────

    function _feesGwei(IClaimHolder.Terms memory terms, bool first) internal pure returns (uint256) {
        return _gweiUp(uint256(terms.delayFee) + (first ? terms.traceFee : 0));
    }

    function _gweiUp(uint256 amount) internal pure returns (uint256) {
        return (amount + 1 gwei - 1) / 1 gwei;
    }

    /// @dev Pays the sender for a move, from the bond of whoever asked for it. The fees are never spent so. What the
    /// operator earns stays with the game until it is collected: one word less to write in every answer.
    function _credit(Dispute storage d, Game storage g, uint256 gasUnits) internal {
        uint256 price = block.basefee + TIP_CAP;
        if (tx.gasprice < price) price = tx.gasprice;
        uint256 amount = _gweiUp(gasUnits * price);
        uint256 bond = g.bondGwei;
        uint256 most = bond - g.feesGwei;
        if (amount > most) amount = most;
        g.bondGwei = uint48(bond - amount);
        if (msg.sender == d.operator) g.owedGwei += uint48(amount);
        else _pay(msg.sender, amount * 1 gwei);
    }

    /// @dev Moves what the operator has earned in a game to its credits.
    function _collect(Game storage g, address operator) internal {
        uint256 owed = g.owedGwei;
        if (owed == 0) return;
        g.owedGwei = 0;
        _pay(operator, owed * 1 gwei);
    }

    // ── Endings ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @dev Ends a game that its challenger does not lose.
    function _release(address operator, GameId id, Game storage g, Ending ending) internal {
        uint256 bond = uint256(g.bondGwei) * 1 gwei;
        address challenger = g.challenger;
        _collect(g, operator);
        _clear(g);
        _pay(challenger, bond);
        emit GameEnded(id, ending, bond, 0, 0);
    }

    /// @dev Ends a game that its challenger loses.
    function _forfeit(Dispute storage d, GameId id, Game storage g) internal {
        _credit(d, g, Bond.TIMEOUT);
        uint256 fees = uint256(g.feesGwei) * 1 gwei;
        uint256 rest = uint256(g.bondGwei) * 1 gwei - fees;
        _collect(g, d.operator);
        _clear(g);
        _pay(d.operator, fees);
        emit GameEnded(id, Ending.ChallengerSilent, 0, fees, rest);
        HOLDER.closeDispute(id.claimId());
        _burn(rest);
    }

    /// @dev Ends a claim for a game. The other games on it are reclaimed one by one.
    function _convict(Dispute storage d, GameId winner, Ending ending) internal {
        Game storage g = _games[winner];
        address rewarded = g.challenger;
        _release(d.operator, winner, g, ending);
        _fell(d, winner, rewarded, ending);
    }

    /// @dev Ends a claim for a sender that committed to a place, unless a game had pinned it before.
    function _convictCommitted(Dispute storage d, uint256 claimId, uint256 place, uint256 committedAt) internal {
        if (d.games == 1) _register(d, claimId);
        uint256 pin = d.pins[place];
        GameId first = GameIdLib.pack(claimId, uint32(pin));
        if (pin != 0 && pin >> 32 <= committedAt && _games[first].stage != Stage.None) {
            return _convict(d, first, Ending.NumberProven);
        }
        _fell(d, GameIdLib.pack(claimId, 0), msg.sender, Ending.NumberProven);
    }

    /// @dev Remembers the first game that pins a block.
    function _pin(Dispute storage d, GameId id, Game storage g, Position position) internal {
        if (d.games == 1) {
            g.pinnedAt = uint32(block.number);
            return;
        }
        uint256 place = position.place();
        if (d.pins[place] == 0) d.pins[place] = (block.number << 32) | id.number();
    }

    /// @dev Makes the pin of a claim's first game, made while it was alone, count for all.
    function _register(Dispute storage d, uint256 claimId) internal {
        Game storage g = _games[GameIdLib.pack(claimId, 1)];
        uint256 pinnedAt = g.pinnedAt;
        if (pinnedAt != 0) d.pins[g.position.place()] = (pinnedAt << 32) | 1;
    }

    /// @dev The game to reward for a block: the first that pinned it, if it is still played.
    function _first(Dispute storage d, GameId id, uint256 place) internal view returns (GameId) {
        if (d.games == 1) return id;
        GameId first = GameIdLib.pack(id.claimId(), uint32(d.pins[place]));
        return _games[first].stage == Stage.None ? id : first;
    }

    function _fell(Dispute storage d, GameId winner, address rewarded, Ending ending) private {
        // INVARIANT: a claim falls once.
        d.claimHash = 0;
        d.openedAt = CONVICTED;
        emit Convicted(winner.claimId(), winner, rewarded, ending);
        HOLDER.convict(winner.claimId(), rewarded);
    }

    /// @dev What is no longer stored is paid back in gas.
    function _clear(Game storage g) private {
        g.pinned = 0;
        g.challenger = address(0);
        g.bondGwei = 0;
        g.stage = Stage.None;
        g.moves = 0;
        g.clock = Clock.wrap(0);
        g.position = Position.wrap(0);
        g.feesGwei = 0;
        g.shape = 0;
        g.pinnedAt = 0;
    }
}
