// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Claim} from "../types/Claim.sol";
import {IStepEvaluator, Part, Step} from "../vm/IStepEvaluator.sol";
import {TensorShape} from "../vm/TensorShape.sol";
import {Bond} from "./Bond.sol";
import {Clock, ClockLib} from "./Clock.sol";
import {Descent} from "./Descent.sol";
import {GameId, GameIdLib} from "./GameId.sol";
import {IClaimHolder} from "./IClaimHolder.sol";
import {Ending, IDisputeGame, Proof, Stage} from "./IDisputeGame.sol";
import {Lists, ListsLib} from "./Lists.sol";
import {List, Position, PositionLib} from "./Position.sol";
import {Reduction, Segment} from "./Reduction.sol";

/// @title DisputeGame
/// @notice See IDisputeGame. A game is four words (what it stands on, who asks, where and when, the tensor it is in), a
/// disputed claim three and two maps.
contract DisputeGame is IDisputeGame {
    /// @notice What a deployment chooses; justified in the parameter file.
    /// @param arityLog2 Levels that an opening publishes at once.
    /// @param snapshotsLog2 Pieces that a segment is cut into, as a power of two's exponent.
    /// @param shortSteps Longest reduction that must be proven as it is.
    /// @param extension Seconds that a side has left at least when its turn begins anew.
    /// @param tipCap Wei per gas above the base fee that credits pay for at most.
    /// @param priceCap Wei per gas that bonds are made for.
    struct Parameters {
        uint8 arityLog2;
        uint8 snapshotsLog2;
        uint32 shortSteps;
        uint32 extension;
        uint64 tipCap;
        uint64 priceCap;
    }

    struct Game {
        bytes32 pinned;
        address challenger;
        uint96 bond;
        Stage stage;
        uint8 moves;
        Clock clock;
        Position position;
        uint40 feesGwei;
        TensorShape shape;
    }

    struct Dispute {
        // Zero once the claim is convicted.
        bytes32 claimHash;
        bytes32 traceRoot;
        address operator;
        uint32 openedAt;
        uint24 games;
        Lists lists;
        // First game that pinned a leaf, and in which block: block << 32 | number.
        mapping(uint256 place => uint256 pin) pins;
        mapping(uint256 key => bytes32 hash) snapshots;
    }

    IClaimHolder public immutable HOLDER;
    IStepEvaluator public immutable EVALUATOR;

    uint256 public immutable ARITY_LOG2;
    uint256 public immutable SNAPSHOTS_LOG2;
    uint256 public immutable SHORT_STEPS;
    uint256 public immutable EXTENSION;
    uint256 public immutable TIP_CAP;
    uint256 public immutable PRICE_CAP;
    uint256 private immutable GAS_BOND;

    mapping(uint256 claimId => Dispute dispute) private _disputes;
    mapping(GameId id => Game game) private _games;
    mapping(bytes32 commitment => uint256 blockNumber) private _commitments;
    mapping(address account => mapping(address delegate => bool allowed)) private _delegates;

    /// @inheritdoc IDisputeGame
    mapping(address account => uint256 amount) public override credits;

    constructor(IClaimHolder holder, IStepEvaluator evaluator, Parameters memory parameters) {
        // INVARIANT: a group is 2 to 256 nodes, a publication at most 256 snapshots.
        if (
            parameters.arityLog2 == 0 ||
            parameters.arityLog2 > 8 ||
            parameters.snapshotsLog2 == 0 ||
            parameters.snapshotsLog2 > 8 ||
            parameters.shortSteps == 0
        ) revert DisputeGame_Parameters();
        HOLDER = holder;
        EVALUATOR = evaluator;
        ARITY_LOG2 = parameters.arityLog2;
        SNAPSHOTS_LOG2 = parameters.snapshotsLog2;
        SHORT_STEPS = parameters.shortSteps;
        EXTENSION = parameters.extension;
        TIP_CAP = parameters.tipCap;
        PRICE_CAP = parameters.priceCap;
        GAS_BOND = Bond.worst(parameters.arityLog2, parameters.snapshotsLog2) * parameters.priceCap;
    }

    // ── Beginning ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IDisputeGame
    function challenge(uint256 claimId) external payable override returns (GameId id) {
        IClaimHolder.Terms memory terms = HOLDER.openDispute(claimId);
        Dispute storage d = _disputes[claimId];
        uint24 number = d.games + 1;
        uint256 fees = _feesGwei(terms, number == 1);

        // INVARIANT: a challenger that loses can pay the provider's worst gas, its trace and its delay.
        uint256 required = GAS_BOND + fees * 1 gwei;
        if (msg.value < required || msg.value > type(uint96).max) revert DisputeGame_Bond(required, msg.value);

        d.games = number;
        if (number == 1) {
            d.claimHash = terms.claimHash;
            d.operator = terms.operator;
        }
        id = GameIdLib.pack(claimId, number);
        Game storage g = _games[id];
        g.challenger = msg.sender;
        g.bond = uint96(msg.value);
        g.stage = Stage.Trace;
        g.clock = ClockLib.start(terms.providerBudget, terms.challengerBudget, block.timestamp);
        g.feesGwei = uint40(fees);
        emit Challenged(claimId, id, msg.sender, msg.value);
    }

    /// @inheritdoc IDisputeGame
    function openTrace(
        GameId id,
        Claim calldata claim,
        bytes calldata header,
        bytes32 traceRoot,
        bytes32[] calldata children,
        bytes32[] calldata outputs,
        bytes32[][] calldata paths
    ) external override {
        uint256 claimId = id.claimId();
        Dispute storage d = _disputes[claimId];
        Game storage g = _games[id];

        // INVARIANT: only the provider commits.
        if (!_isFor(d.operator)) revert DisputeGame_Sender(msg.sender);
        // INVARIANT: a claim has one trace.
        if (d.openedAt != 0) revert DisputeGame_TraceOpen(d.traceRoot);
        if (g.stage != Stage.Trace) revert DisputeGame_Stage(g.stage);
        _inTime(g.clock, ClockLib.PROVIDER);
        _isClaim(d, claimId, claim);
        if (keccak256(header) != claim.programRoot) revert DisputeGame_Header();

        Lists lists = ListsLib.read(header, claim.calls);
        {
            uint256 levels = _group(lists.top().height());
            if (children.length != 1 << levels) revert DisputeGame_Length(1 << levels, children.length);
            bytes32 root = Descent.fold(children);
            if (root != traceRoot) revert DisputeGame_Hash(traceRoot, root);
            _checkOutputs(claim, header, lists, levels, children, outputs, paths);
        }

        d.traceRoot = traceRoot;
        d.openedAt = uint32(block.timestamp);
        d.lists = lists;
        emit TraceOpened(claimId, id, traceRoot);
        _credit(g, Bond.OPEN_TRACE + outputs.length * Bond.OPEN_TRACE_OUTPUT + children.length * Bond.OPEN_CHILD);
    }

    // ── Descending ───────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IDisputeGame
    function pick(
        GameId id,
        bytes32 expected,
        bytes32 child,
        uint256 index,
        bytes32[] calldata path
    ) external override {
        Dispute storage d = _disputes[id.claimId()];
        Game storage g = _games[id];
        (Position position, Clock clock) = _asChallenger(d, g, Stage.Pick, expected);
        position = _descend(d, g, position, expected, child, index, path);

        // INVARIANT: a tensor is entered with its record.
        if (position.list() == List.Nodes && position.height() == 0) revert DisputeGame_Stage(Stage.Pick);
        if (position.list() == List.Leaves && position.height() == 0) _pin(d, id, position);

        g.pinned = child;
        g.stage = Stage.Open;
        ++g.moves;
        g.clock = clock;
        g.position = position;
        emit Picked(id, child, position);
    }

    /// @inheritdoc IDisputeGame
    function enter(
        GameId id,
        bytes32 expected,
        bytes32 child,
        uint256 index,
        bytes32[] calldata path,
        Claim calldata claim,
        bytes calldata witness
    ) external override {
        Dispute storage d = _disputes[id.claimId()];
        Game storage g = _games[id];
        (Position position, Clock clock) = _asChallenger(d, g, Stage.Pick, expected);
        position = _descend(d, g, position, expected, child, index, path);

        // INVARIANT: what is entered is a tensor's commitment.
        if (position.list() != List.Nodes || position.height() != 0) revert DisputeGame_Stage(Stage.Pick);
        TensorShape shape = _shape(d, id.claimId(), claim, position, witness);
        position = PositionLib.pack(
            List.Tensor,
            Descent.depthOf(shape.leafCount()),
            position.call(),
            position.node(),
            0
        );
        if (position.height() == 0) _pin(d, id, position);

        g.pinned = child;
        g.stage = Stage.Open;
        ++g.moves;
        g.clock = clock;
        g.position = position;
        g.shape = shape;
        emit Entered(id, child, position, shape);
    }

    /// @inheritdoc IDisputeGame
    function open(GameId id, bytes32 expected, bytes32[] calldata children) external override {
        Game storage g = _games[id];
        (Position position, Clock clock) = _asProvider(id, g, Stage.Open, expected);
        uint256 height = position.height();
        // INVARIANT: a leaf is opened by its bytes.
        if (height == 0) revert DisputeGame_Length(1, children.length);
        uint256 width = 1 << _group(height);
        if (children.length != width) revert DisputeGame_Length(width, children.length);

        bytes32 root = Descent.fold(children);
        if (position.list() == List.Tensor) {
            _sameHash(expected, g.shape.commitment(root));
            g.pinned = root;
            g.position = PositionLib.pack(List.Leaves, height, position.call(), position.node(), 0);
        } else {
            _sameHash(expected, root);
        }

        g.stage = Stage.Pick;
        g.clock = clock;
        emit Opened(id, root);
        _credit(g, Bond.OPEN + width * Bond.OPEN_CHILD);
    }

    /// @inheritdoc IDisputeGame
    function openLeaf(GameId id, bytes32 expected, bytes calldata leaf) external override {
        Game storage g = _games[id];
        (Position position, Clock clock) = _asProvider(id, g, Stage.Open, expected);
        _isLeaf(g, position, expected, leaf);

        g.stage = Stage.Leaf;
        g.clock = clock;
        emit LeafOpened(id, expected);
        _credit(g, Bond.OPEN_LEAF);
    }

    // ── Reducing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IDisputeGame
    function reduce(GameId id, bytes32 expected, bytes calldata leaf, uint256 offset) external override {
        Dispute storage d = _disputes[id.claimId()];
        Game storage g = _games[id];
        // A challenger that knows the leaf need not wait until it is opened.
        (Position position, Clock clock) = _asChallenger(
            d,
            g,
            g.stage == Stage.Open ? Stage.Open : Stage.Leaf,
            expected
        );
        _isLeaf(g, position, expected, leaf);
        TensorShape shape = g.shape;
        uint256 extent = shape.extent();
        // INVARIANT: a reduction that a proof can run is not cut.
        if (extent <= SHORT_STEPS) revert DisputeGame_Short(extent);
        _isElement(shape, position, offset);

        Segment segment = Reduction.whole(_stored(shape, leaf, offset), offset, extent);
        g.pinned = Segment.unwrap(segment);
        g.stage = _segmentStage(d, position, segment);
        ++g.moves;
        g.clock = clock;
        emit Reduced(id, Segment.unwrap(segment));
    }

    /// @inheritdoc IDisputeGame
    function publish(GameId id, bytes32 expected, bytes calldata snapshots) external override {
        Dispute storage d = _disputes[id.claimId()];
        Game storage g = _games[id];
        // INVARIANT: only the provider commits.
        if (!_isFor(d.operator)) revert DisputeGame_Sender(msg.sender);
        (Position position, Clock clock) = _asProvider(id, g, Stage.Publish, expected);
        Segment segment = Segment.wrap(expected);
        TensorShape shape = g.shape;
        uint256 length = segment.snapshots(1 << SNAPSHOTS_LOG2, shape.extent()) * shape.snapshotBytes();
        if (snapshots.length != length) revert DisputeGame_Length(length, snapshots.length);

        // INVARIANT: what is published for a segment stays.
        uint256 key = segment.key(position.place());
        if (d.snapshots[key] == 0) d.snapshots[key] = keccak256(snapshots);
        g.stage = Stage.Narrow;
        g.clock = clock;
        emit SnapshotsPublished(id, expected);
        _credit(g, Bond.PUBLISH + length * Bond.PUBLISH_BYTE);
    }

    /// @inheritdoc IDisputeGame
    function narrow(GameId id, bytes32 expected, uint256 index) external override {
        Dispute storage d = _disputes[id.claimId()];
        Game storage g = _games[id];
        (Position position, Clock clock) = _asChallenger(d, g, Stage.Narrow, expected);
        Segment segment = Segment.wrap(expected);
        uint256 pieces = segment.pieces(1 << SNAPSHOTS_LOG2);
        if (index >= pieces) revert DisputeGame_Range(index, pieces);
        segment = segment.piece(index, 1 << SNAPSHOTS_LOG2);
        // INVARIANT: a piece that a proof can run is not cut.
        if (segment.length() <= SHORT_STEPS) revert DisputeGame_Short(segment.length());

        g.pinned = Segment.unwrap(segment);
        g.stage = _segmentStage(d, position, segment);
        ++g.moves;
        g.clock = clock;
        emit Narrowed(id, Segment.unwrap(segment));
    }

    // ── Proving ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IDisputeGame
    function prove(GameId id, bytes32 expected, Proof calldata proof) external override {
        Dispute storage d = _disputes[id.claimId()];
        Game storage g = _games[id];
        Stage stage = g.stage;
        if (g.pinned != expected) revert DisputeGame_Expected(g.pinned, expected);
        _isClaim(d, id.claimId(), proof.claim);
        Position position = g.position;
        TensorShape shape = g.shape;

        Segment whole;
        if (stage == Stage.Publish || stage == Stage.Narrow) {
            Segment segment = Segment.wrap(expected);
            whole = Reduction.whole(segment.stored(), segment.offset(), shape.extent());
        } else {
            // INVARIANT: what is proven wrong is a number of the pinned leaf.
            if (stage != Stage.Leaf && stage != Stage.Open) revert DisputeGame_Stage(stage);
            _isLeaf(g, position, expected, proof.leaf);
            _isOffset(shape, proof.offset);
            whole = Reduction.whole(_stored(shape, proof.leaf, proof.offset), proof.offset, shape.extent());
        }
        _prove(d, position, shape, whole, proof);
        _convict(d, id, _first(d, id, position.place()), Ending.NumberProven);
    }

    /// @inheritdoc IDisputeGame
    function provePadding(
        GameId id,
        bytes32 expected,
        bytes32 child,
        uint256 index,
        bytes32[] calldata path,
        Claim calldata claim,
        bytes calldata header
    ) external override {
        Dispute storage d = _disputes[id.claimId()];
        Game storage g = _games[id];
        (bytes32 pinned, Position position) = _standing(d, g);
        // INVARIANT: the pinned node is a node of a list whose root is known.
        if (g.stage < Stage.Trace || g.stage > Stage.Open || position.list() == List.Tensor) {
            revert DisputeGame_Stage(g.stage);
        }
        if (pinned != expected) revert DisputeGame_Expected(pinned, expected);
        _isClaim(d, id.claimId(), claim);
        if (keccak256(header) != claim.programRoot) revert DisputeGame_Header();
        uint256 height = position.height();
        if (path.length > height) revert DisputeGame_Length(height, path.length);
        if (index >> path.length != 0) revert DisputeGame_Range(index, 1 << path.length);
        _sameHash(expected, Descent.climb(child, index, path));

        height -= path.length;
        uint256 size =
            position.list() == List.Leaves
                ? g.shape.leafCount()
                : ListsLib.size(header, claim.calls, position.list(), position.call());
        uint256 first = ((position.field() << path.length) | index) << height;
        // INVARIANT: the node lies wholly beyond the end.
        if (first < size) revert DisputeGame_Range(first, size);
        // INVARIANT: padding has one hash at each height.
        if (child == Descent.padding(height)) revert DisputeGame_Right(child);
        _convict(d, id, id, Ending.PaddingProven);
    }

    /// @inheritdoc IDisputeGame
    function commit(bytes32 commitment) external override {
        // INVARIANT: a commitment keeps its first time.
        if (_commitments[commitment] != 0) revert DisputeGame_Commitment(commitment);
        _commitments[commitment] = block.number;
        emit Committed(commitment, msg.sender);
    }

    /// @inheritdoc IDisputeGame
    function proveCommitted(
        uint256 claimId,
        Position place,
        bytes32 salt,
        bytes32[] calldata path,
        Proof calldata proof
    ) external override {
        Dispute storage d = _disputes[claimId];
        bytes32 commitment = commitmentOf(msg.sender, claimId, place, salt);
        uint256 committedAt = _commitments[commitment];
        // INVARIANT: what others could copy was fixed a block before it could be seen.
        if (committedAt == 0 || committedAt == block.number) revert DisputeGame_Commitment(commitment);

        bytes calldata witness = proof.witness;
        uint256 length = ListsLib.recordEnd(witness, proof.claim.calls, place.call(), place.node());
        TensorShape shape = _shape(d, claimId, proof.claim, place, witness[:length]);
        _isInTrace(d, place, shape, path, proof.leaf);
        _isOffset(shape, proof.offset);
        Segment whole = Reduction.whole(_stored(shape, proof.leaf, proof.offset), proof.offset, shape.extent());
        _prove(d, place, shape, whole, proof);
        _convictCommitted(d, claimId, place, committedAt);
    }

    // ── Ending ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IDisputeGame
    function timeout(GameId id) external override {
        Dispute storage d = _disputes[id.claimId()];
        Game storage g = _games[id];
        if (d.claimHash == 0) revert DisputeGame_Claim(id.claimId());
        (Stage stage, Clock clock) = _turn(d, g);
        if (stage == Stage.None || stage == Stage.Ended) revert DisputeGame_Stage(stage);
        bool provider = _isProviders(stage);
        uint256 deadline = clock.deadline(provider ? ClockLib.PROVIDER : ClockLib.CHALLENGER);
        // INVARIANT: a side falls silent only when its time is over.
        if (block.timestamp <= deadline) revert DisputeGame_Early(deadline);

        if (provider) _convict(d, id, id, Ending.ProviderSilent);
        else _forfeit(d, id, g);
    }

    /// @inheritdoc IDisputeGame
    function reclaim(GameId id) external override {
        Game storage g = _games[id];
        // INVARIANT: a bond is free once its claim is convicted.
        if (_disputes[id.claimId()].claimHash != 0) revert DisputeGame_Standing(id.claimId());
        if (g.stage == Stage.None || g.stage == Stage.Ended) revert DisputeGame_Stage(g.stage);
        _release(id, g, Ending.Superseded);
        HOLDER.reimburse(id.claimId(), g.challenger, Bond.CHALLENGE + uint256(g.moves) * Bond.MOVE);
    }

    /// @inheritdoc IDisputeGame
    function withdraw() external override {
        uint256 amount = credits[msg.sender];
        credits[msg.sender] = 0;
        emit Withdrawn(msg.sender, amount);
        (bool sent, ) = msg.sender.call{value: amount}("");
        if (!sent) revert DisputeGame_Transfer(msg.sender);
    }

    /// @inheritdoc IDisputeGame
    function setDelegate(address delegate, bool allowed) external override {
        _delegates[msg.sender][delegate] = allowed;
        emit DelegateSet(msg.sender, delegate, allowed);
    }

    // ── Views ────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IDisputeGame
    function bondOf(uint256 claimId) external view override returns (uint256) {
        return GAS_BOND + _feesGwei(HOLDER.termsOf(claimId), _disputes[claimId].games == 0) * 1 gwei;
    }

    /// @inheritdoc IDisputeGame
    function commitmentOf(
        address sender,
        uint256 claimId,
        Position place,
        bytes32 salt
    ) public pure override returns (bytes32) {
        return keccak256(abi.encode(sender, claimId, place, salt));
    }

    /// @inheritdoc IDisputeGame
    function viewGame(GameId id) external view override returns (View memory) {
        Dispute storage d = _disputes[id.claimId()];
        Game storage g = _games[id];
        (bytes32 pinned, Position position) = _standing(d, g);
        (Stage stage, Clock clock) = _turn(d, g);
        return
            View({
                stage: stage,
                challenger: g.challenger,
                bond: g.bond,
                fees: uint256(g.feesGwei) * 1 gwei,
                moves: g.moves,
                clock: clock,
                position: position,
                pinned: pinned,
                shape: g.shape
            });
    }

    /// @inheritdoc IDisputeGame
    function longest() external view override returns (uint256) {
        return 2 * Bond.longest(ARITY_LOG2, SNAPSHOTS_LOG2);
    }

    // ── Where a game stands ──────────────────────────────────────────────────────────────────────────────────────────

    /// The node a game stands on. Until its first pick that is the trace root, which a claim's games share.
    function _standing(Dispute storage d, Game storage g) private view returns (bytes32 pinned, Position position) {
        return g.stage == Stage.Trace ? (d.traceRoot, d.lists.top()) : (g.pinned, g.position);
    }

    /// What a game waits for, and since when. The opening of the trace answers all games that waited for it.
    function _turn(Dispute storage d, Game storage g) private view returns (Stage stage, Clock clock) {
        (stage, clock) = (g.stage, g.clock);
        uint256 openedAt = d.openedAt;
        if (stage != Stage.Trace || openedAt == 0) return (stage, clock);
        uint256 since = clock.since();
        return (Stage.Pick, clock.punch(ClockLib.PROVIDER, EXTENSION, openedAt > since ? openedAt : since));
    }

    function _isProviders(Stage stage) private pure returns (bool) {
        return stage == Stage.Trace || stage == Stage.Open || stage == Stage.Publish || stage == Stage.Supply;
    }

    /// Guards of a challenger's move; its clock is stopped.
    function _asChallenger(
        Dispute storage d,
        Game storage g,
        Stage wanted,
        bytes32 expected
    ) private view returns (Position position, Clock clock) {
        // INVARIANT: only a game's challenger points.
        if (!_isFor(g.challenger)) revert DisputeGame_Sender(msg.sender);
        Stage stage;
        bytes32 pinned;
        (stage, clock) = _turn(d, g);
        (pinned, position) = _standing(d, g);
        clock = _move(stage, wanted, pinned, expected, clock);
    }

    /// Guards of an answer; the provider's clock is stopped.
    function _asProvider(
        GameId id,
        Game storage g,
        Stage wanted,
        bytes32 expected
    ) private view returns (Position position, Clock clock) {
        // INVARIANT: nothing is asked, and no bond spent, once a claim is convicted.
        if (_disputes[id.claimId()].claimHash == 0) revert DisputeGame_Claim(id.claimId());
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

    function _inTime(Clock clock, uint256 side) private view {
        uint256 deadline = clock.deadline(side);
        if (block.timestamp > deadline) revert DisputeGame_Late(deadline);
    }

    function _isFor(address principal) private view returns (bool) {
        return msg.sender == principal || _delegates[principal][msg.sender];
    }

    // ── What is in the trace ─────────────────────────────────────────────────────────────────────────────────────────

    /// Levels that an answer opens under a node of this height.
    function _group(uint256 height) private view returns (uint256) {
        return height < ARITY_LOG2 ? height : ARITY_LOG2;
    }

    function _isClaim(Dispute storage d, uint256 claimId, Claim memory claim) private view {
        // INVARIANT: the claim is the one disputed, and stands.
        if (claim.hashClaim(address(HOLDER)) != d.claimHash) revert DisputeGame_Claim(claimId);
    }

    function _sameHash(bytes32 expected, bytes32 given) private pure {
        if (expected != given) revert DisputeGame_Hash(expected, given);
    }

    /// Checks that the outputs are the claimed ones, and stand where the program puts them in the opened trace.
    function _checkOutputs(
        Claim calldata claim,
        bytes calldata header,
        Lists lists,
        uint256 levels,
        bytes32[] calldata children,
        bytes32[] calldata outputs,
        bytes32[][] calldata paths
    ) private pure {
        uint256 count = uint8(header[117]);
        if (outputs.length != count) revert DisputeGame_Length(count, outputs.length);
        if (paths.length != count) revert DisputeGame_Length(count, paths.length);
        // INVARIANT: the outputs are the claimed ones.
        if (keccak256(abi.encodePacked(outputs)) != claim.outputsRoot) revert DisputeGame_Output(count);

        uint256 last = claim.calls - 1;
        uint256 depth = lists.depth(last);
        uint256 rest = Descent.depthOf(claim.calls) + depth - levels;
        for (uint256 i = 0; i < count; ++i) {
            uint256 start = 118 + 4 * i;
            uint256 index = (last << depth) | uint32(bytes4(header[start:start + 4]));
            bytes32[] calldata path = paths[i];
            // INVARIANT: each stands at its node of the last call.
            if (path.length != rest || Descent.climb(outputs[i], index, path) != children[index >> rest]) {
                revert DisputeGame_Output(i);
            }
        }
    }

    /// Where a path leads from the pinned node: at least one group down, or to the end of a list.
    function _descend(
        Dispute storage d,
        Game storage g,
        Position position,
        bytes32 pinned,
        bytes32 child,
        uint256 index,
        bytes32[] calldata path
    ) private view returns (Position) {
        uint256 levels = path.length;
        uint256 height = position.height();
        // INVARIANT: a pick is a whole group deeper, or at the end of its list.
        if (levels < _group(height)) revert DisputeGame_Length(_group(height), levels);
        if (index >> levels != 0) revert DisputeGame_Range(index, 1 << levels);
        _sameHash(pinned, Descent.climb(child, index, path));

        List list = position.list();
        uint256 call = position.call();
        uint256 node = position.node();
        uint256 leaf;
        if (list == List.Calls) {
            uint256 over = levels > height ? levels - height : 0;
            height -= levels - over;
            call = (call << (levels - over)) | (index >> over);
            // INVARIANT: a place beyond the end of a list is not entered.
            uint256 calls = d.lists.calls();
            if (call << height >= calls) revert DisputeGame_Range(call << height, calls);
            if (height == 0) {
                list = List.Nodes;
                height = d.lists.depth(call);
                levels = over;
                if (over != 0 && over < _group(height)) revert DisputeGame_Length(_group(height), over);
                index &= (1 << over) - 1;
            }
        }
        if (list == List.Nodes && levels != 0) {
            if (levels > height) revert DisputeGame_Length(height, levels);
            height -= levels;
            node = (node << levels) | index;
        } else if (list == List.Leaves) {
            if (levels > height) revert DisputeGame_Length(height, levels);
            height -= levels;
            leaf = (position.leaf() << levels) | index;
            uint256 leaves = g.shape.leafCount();
            if (leaf << height >= leaves) revert DisputeGame_Range(leaf << height, leaves);
        }
        return PositionLib.pack(list, height, call, node, leaf);
    }

    /// Remembers the first game that pins a leaf.
    function _pin(Dispute storage d, GameId id, Position position) private {
        uint256 place = position.place();
        if (d.pins[place] == 0) d.pins[place] = (block.number << 32) | id.number();
    }

    /// Checks the bytes of the pinned leaf.
    function _isLeaf(Game storage g, Position position, bytes32 pinned, bytes calldata leaf) private view {
        // INVARIANT: the pinned node is a leaf, ...
        List list = position.list();
        if (position.height() != 0 || list < List.Tensor) revert DisputeGame_Length(position.height(), 0);
        // INVARIANT: ... and leaves have 128 bytes.
        if (leaf.length != 128) revert DisputeGame_Length(128, leaf.length);
        bytes32 hash = keccak256(leaf);
        _sameHash(pinned, list == List.Tensor ? g.shape.commitment(hash) : hash);
    }

    function _isOffset(TensorShape shape, uint256 offset) private pure {
        uint256 size = 1 << shape.leafElementsLog2();
        if (offset >= size) revert DisputeGame_Range(offset, size);
    }

    function _isElement(TensorShape shape, Position position, uint256 offset) private pure {
        _isOffset(shape, offset);
        uint256 element = (position.leaf() << shape.leafElementsLog2()) | offset;
        if (element >= shape.count()) revert DisputeGame_Range(element, shape.count());
    }

    /// An element as committed: its little-endian bytes from the first byte on; a 4-bit element is one byte.
    function _stored(TensorShape shape, bytes calldata leaf, uint256 offset) private pure returns (bytes32) {
        uint256 log2 = shape.leafElementsLog2();
        if (log2 == 8)
            return bytes32(bytes1(offset & 1 == 0 ? uint8(leaf[offset >> 1]) & 15 : uint8(leaf[offset >> 1]) >> 4));
        return Reduction.read(leaf, offset, 128 >> log2);
    }

    /// What the program makes of the tensor at a place.
    /// @param witness Header, record and record path.
    function _shape(
        Dispute storage d,
        uint256 claimId,
        Claim calldata claim,
        Position position,
        bytes calldata witness
    ) private view returns (TensorShape) {
        _isClaim(d, claimId, claim);
        Step memory step;
        step.claim = claim;
        step.call = uint32(position.call());
        step.position = uint32(position.node());
        step.part = Part.Shape;
        return TensorShape.wrap(uint256(EVALUATOR.evaluate(step, witness)));
    }

    /// Checks that a leaf stands at its place in the trace.
    function _isInTrace(
        Dispute storage d,
        Position place,
        TensorShape shape,
        bytes32[] calldata path,
        bytes calldata leaf
    ) private view {
        if (leaf.length != 128) revert DisputeGame_Length(128, leaf.length);
        Lists lists = d.lists;
        uint256 inner = Descent.depthOf(shape.leafCount());
        uint256 nodes = lists.depth(place.call());
        uint256 outer = Descent.depthOf(lists.calls()) + nodes;
        if (path.length != inner + outer) revert DisputeGame_Length(inner + outer, path.length);
        // INVARIANT: indices are below their lists' sizes: the evaluator checks call and node, this the leaf.
        if (place.leaf() >= shape.leafCount()) revert DisputeGame_Range(place.leaf(), shape.leafCount());
        bytes32 root = Descent.climb(keccak256(leaf), place.leaf(), path[:inner]);
        root = Descent.climb(shape.commitment(root), (place.call() << nodes) | place.node(), path[inner:]);
        _sameHash(d.traceRoot, root);
    }

    function _segmentStage(Dispute storage d, Position position, Segment segment) private view returns (Stage) {
        return d.snapshots[segment.key(position.place())] == 0 ? Stage.Publish : Stage.Narrow;
    }

    // ── The last step ────────────────────────────────────────────────────────────────────────────────────────────────

    /// Computes again what a proof accuses, and compares.
    function _prove(
        Dispute storage d,
        Position position,
        TensorShape shape,
        Segment whole,
        Proof calldata proof
    ) private view {
        Step memory step;
        step.claim = proof.claim;
        step.traceRoot = d.traceRoot;
        step.call = uint32(position.call());
        step.position = uint32(position.node());
        step.element = uint64((position.leaf() << shape.leafElementsLog2()) | whole.offset());
        step.part = proof.part;
        bytes32 committed = whole.stored();
        if (proof.part == Part.Steps) {
            Segment piece;
            (piece, step.from, committed) = whole.follow(
                d.snapshots,
                position.place(),
                1 << SNAPSHOTS_LOG2,
                shape.snapshotBytes(),
                proof.publications,
                proof.from
            );
            step.lo = uint64(piece.from());
            step.hi = uint64(piece.to());
        } else if (proof.part == Part.Final) {
            step.from = whole.last(d.snapshots, position.place(), shape.snapshotBytes(), proof.publications);
        }
        bytes32 computed = EVALUATOR.evaluate(step, proof.witness);
        // INVARIANT: a number that is what its inputs make it convicts nobody.
        if (computed == committed) revert DisputeGame_Right(committed);
    }

    /// The game to reward for a leaf: the first that pinned it, if it is still played.
    function _first(Dispute storage d, GameId id, uint256 place) private view returns (GameId) {
        GameId first = GameIdLib.pack(id.claimId(), uint32(d.pins[place]));
        return _games[first].stage == Stage.Ended ? id : first;
    }

    // ── Money ────────────────────────────────────────────────────────────────────────────────────────────────────────

    function _feesGwei(IClaimHolder.Terms memory terms, bool first) private pure returns (uint256) {
        uint256 fees = uint256(terms.delayFee) + (first ? terms.traceFee : 0);
        return (fees + 1 gwei - 1) / 1 gwei;
    }

    /// Pays the sender for a move, from the bond of whoever asked for it. The fees are never spent so.
    function _credit(Game storage g, uint256 gasUnits) private {
        uint256 price = block.basefee + TIP_CAP;
        if (tx.gasprice < price) price = tx.gasprice;
        uint256 amount = gasUnits * price;
        uint256 bond = g.bond;
        uint256 most = bond - uint256(g.feesGwei) * 1 gwei;
        if (amount > most) amount = most;
        g.bond = uint96(bond - amount);
        credits[msg.sender] += amount;
    }

    /// Ends a game that its challenger does not lose.
    function _release(GameId id, Game storage g, Ending ending) private {
        uint256 bond = g.bond;
        g.stage = Stage.Ended;
        g.bond = 0;
        credits[g.challenger] += bond;
        emit GameEnded(id, ending, bond, 0, 0);
    }

    /// Ends a game that its challenger loses.
    function _forfeit(Dispute storage d, GameId id, Game storage g) private {
        _credit(g, Bond.TIMEOUT);
        uint256 fees = uint256(g.feesGwei) * 1 gwei;
        uint256 rest = g.bond - fees;
        g.stage = Stage.Ended;
        g.bond = 0;
        credits[d.operator] += fees;
        emit GameEnded(id, Ending.ChallengerSilent, 0, fees, rest);
        HOLDER.closeDispute(id.claimId());
        (bool burned, ) = address(0).call{value: rest}("");
        if (!burned) revert DisputeGame_Transfer(address(0));
    }

    /// Ends a claim for a game. The other games on it are reclaimed one by one.
    function _convict(Dispute storage d, GameId id, GameId winner, Ending ending) private {
        d.claimHash = 0;
        Game storage g = _games[winner];
        address rewarded = g.challenger;
        emit Convicted(id.claimId(), winner, rewarded, ending);
        _release(winner, g, ending);
        HOLDER.convict(id.claimId(), rewarded);
    }

    /// Ends a claim for a sender that committed to the place, unless a game had pinned it before.
    function _convictCommitted(Dispute storage d, uint256 claimId, Position place, uint256 committedAt) private {
        uint256 pin = d.pins[place.place()];
        GameId first = GameIdLib.pack(claimId, uint32(pin));
        if (pin != 0 && pin >> 32 <= committedAt && _games[first].stage != Stage.Ended) {
            return _convict(d, first, first, Ending.NumberProven);
        }
        d.claimHash = 0;
        emit Convicted(claimId, GameIdLib.pack(claimId, 0), msg.sender, Ending.NumberProven);
        HOLDER.convict(claimId, msg.sender);
    }
}
