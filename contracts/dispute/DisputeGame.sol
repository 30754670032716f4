// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Claim} from "../types/Claim.sol";
import {IStepEvaluator} from "../vm/IStepEvaluator.sol";
import {TensorShape} from "../vm/TensorShape.sol";
import {Block} from "./Block.sol";
import {Bond} from "./Bond.sol";
import {Clock, ClockLib} from "./Clock.sol";
import {Descent} from "./Descent.sol";
import {GameId, GameIdLib} from "./GameId.sol";
import {IClaimHolder} from "./IClaimHolder.sol";
import {Ending, IDisputeGame, Proof, Stage} from "./IDisputeGame.sol";
import {Lists, ListsLib} from "./Lists.sol";
import {List, Position, PositionLib} from "./Position.sol";
import {Reduction, Segment} from "./Reduction.sol";
import {TraceReader} from "./TraceReader.sol";
import {Demand, Kind, Leaf} from "./Withheld.sol";

/// @title DisputeGame
/// @notice The moves: see IDisputeGame. What they say of the trace is checked in TraceReader; what is stored, whose turn it is
/// and how games end stands in GameTable.
contract DisputeGame is TraceReader {
    mapping(bytes32 commitment => uint256 blockNumber) private _commitments;

    constructor(
        IClaimHolder holder,
        IStepEvaluator evaluator,
        Parameters memory parameters
    ) TraceReader(holder, evaluator, parameters) {}

    // ── Beginning ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IDisputeGame
    function challenge(uint256 claimId) external payable override returns (GameId id) {
        IClaimHolder.Terms memory terms = HOLDER.openDispute(claimId);
        Dispute storage d = _disputes[claimId];
        uint24 number = d.games + 1;
        uint256 fees = _feesGwei(terms, number == 1);

        // INVARIANT: a challenger that loses can pay the provider's worst gas, its trace and its delay.
        uint256 bond = _inGwei(GAS_BOND_GWEI + fees);

        d.games = number;
        if (number == 1) {
            d.claimHash = terms.claimHash;
            d.operator = terms.operator;
        } else if (number == 2) {
            _register(d, claimId);
        }
        id = GameIdLib.pack(claimId, number);
        Game storage g = _games[id];
        g.challenger = msg.sender;
        g.bondGwei = uint48(bond);
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
        _isHeader(claim, header);

        Lists lists = ListsLib.read(header, claim.calls);
        {
            uint256 levels = Descent.group(lists.top().height(), ARITY_LOG2);
            _isLength(1 << levels, children.length);
            _sameHash(traceRoot, Descent.fold(children));
            _checkOutputs(claim, header, lists, levels, children, outputs, paths);
        }

        d.traceRoot = traceRoot;
        d.openedAt = uint32(block.timestamp);
        d.lists = lists;
        _show(id);
        emit TraceOpened(claimId, id, traceRoot);
        _credit(d, g, Bond.gasOf(Bond.OPEN_TRACE, header.length + 32 * (children.length + _count(outputs, paths))));
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

        // INVARIANT: a tensor or a cell is entered with its record.
        if (_isEntry(position)) revert DisputeGame_Stage(Stage.Pick);
        if (position.list() == List.Blocks && position.height() == 0) _pin(d, id, g, position);

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

        // INVARIANT: what is entered is a tensor's commitment or a cell.
        if (!_isEntry(position)) revert DisputeGame_Stage(Stage.Pick);
        TensorShape shape;
        bytes32 empty;
        (position, shape, empty) = _entered(d, id, g, position, claim, witness);
        if (empty != 0) {
            // INVARIANT: a place that its record leaves empty has one hash.
            if (child == empty) revert DisputeGame_Right(child);
            return _convict(d, id, Ending.PaddingProven);
        }
        g.shape = uint224(TensorShape.unwrap(shape));
        if (position.height() == 0) _pin(d, id, g, position);

        g.pinned = child;
        g.stage = Stage.Open;
        ++g.moves;
        g.clock = clock;
        g.position = position;
        emit Entered(id, child, position, shape);
    }

    /// @inheritdoc IDisputeGame
    function open(GameId id, bytes32 expected, bytes32[] calldata children) external override {
        Dispute storage d = _disputes[id.claimId()];
        Game storage g = _games[id];
        (Position position, Clock clock) = _asProvider(d, id, g, Stage.Open, expected);
        uint256 height = position.height();
        // INVARIANT: a block is opened by its bytes.
        if (height == 0) revert DisputeGame_Length(0, children.length);
        uint256 width = 1 << Descent.group(height, ARITY_LOG2);
        _isLength(width, children.length);

        bytes32 root = Descent.fold(children);
        List list = position.list();
        if (list == List.Tensor || list == List.Group) {
            _sameHash(expected, TensorShape.wrap(g.shape).commitment(root));
            list = list == List.Tensor ? List.Blocks : List.Cells;
            g.pinned = root;
            g.position = PositionLib.pack(list, height, position.call(), position.node(), 0);
        } else {
            _sameHash(expected, root);
        }
        g.stage = Stage.Pick;
        g.clock = clock;
        _show(id);
        emit Opened(id, root);
        _credit(d, g, Bond.gasOf(Bond.OPEN, 32 * width));
    }

    /// @inheritdoc IDisputeGame
    function openBlock(GameId id, bytes32 expected, bytes calldata leaves) external override {
        Dispute storage d = _disputes[id.claimId()];
        Game storage g = _games[id];
        (Position position, Clock clock) = _asProvider(d, id, g, Stage.Open, expected);
        TensorShape shape = TensorShape.wrap(g.shape);
        // INVARIANT: the pinned node is a block, ...
        _isBlock(position);
        // INVARIANT: ... and opened by all its bytes.
        _isLength(Block.LEAF_BYTES << Block.inner(shape), leaves.length);
        bytes32 root = Descent.foldLeaves(leaves);
        _sameHash(expected, position.list() == List.Tensor ? shape.commitment(root) : root);

        g.stage = Stage.Block;
        g.clock = clock;
        _show(id);
        emit BlockOpened(id, expected);
        _credit(d, g, Bond.gasOf(Bond.OPEN_BLOCK, leaves.length));
    }

    // ── Reducing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IDisputeGame
    function reduce(
        GameId id,
        bytes32 expected,
        bytes calldata leaf,
        bytes32[] calldata path,
        uint256 offset
    ) external override {
        Dispute storage d = _disputes[id.claimId()];
        Game storage g = _games[id];
        // A challenger that knows the block need not wait until it is opened.
        Stage stage = g.stage == Stage.Open ? Stage.Open : Stage.Block;
        (Position position, Clock clock) = _asChallenger(d, g, stage, expected);
        TensorShape shape = TensorShape.wrap(g.shape);
        _isInBlock(position, shape, expected, leaf, path, offset);
        // INVARIANT: padding has no steps, ...
        uint256 element = Block.element(shape, position.blockOf(), offset);
        if (element >= shape.count()) revert DisputeGame_Range(element, shape.count());
        // INVARIANT: ... and neither has a map or an empty reduction.
        uint256 extent = shape.extent();
        if (extent == 0) revert DisputeGame_Short(extent);

        Segment segment = Reduction.whole(Block.stored(shape, leaf, offset), offset, extent);
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
        (Position position, Clock clock) = _asProvider(d, id, g, Stage.Publish, expected);
        Segment segment = Segment.wrap(expected);
        TensorShape shape = TensorShape.wrap(g.shape);
        uint256 length = segment.snapshots(1 << SNAPSHOTS_LOG2, shape.extent()) * shape.snapshotBytes();
        _isLength(length, snapshots.length);

        // INVARIANT: what is published for a segment stays.
        uint256 key = segment.key(position.place());
        if (d.snapshots[key] == 0) d.snapshots[key] = keccak256(snapshots);
        g.stage = Stage.Narrow;
        g.clock = clock;
        _show(id);
        emit SnapshotsPublished(id, expected);
        _credit(d, g, Bond.gasOf(Bond.PUBLISH, length));
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
        // INVARIANT: a single step is not cut.
        if (segment.length() == 1) revert DisputeGame_Short(1);

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
        TensorShape shape = TensorShape.wrap(g.shape);

        Segment whole;
        if (stage == Stage.Publish || stage == Stage.Narrow) {
            Segment segment = Segment.wrap(expected);
            whole = Reduction.whole(segment.stored(), segment.offset(), shape.extent());
        } else {
            // INVARIANT: what is proven wrong is a number of the pinned block.
            if (stage != Stage.Block && stage != Stage.Open) revert DisputeGame_Stage(stage);
            _isInBlock(position, shape, expected, proof.leaf, proof.path, proof.offset);
            whole = Reduction.whole(Block.stored(shape, proof.leaf, proof.offset), proof.offset, shape.extent());
        }
        _prove(d, position, shape, whole, proof);
        _convict(d, _first(d, id, position.place()), Ending.NumberProven);
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
        List list = position.list();
        // INVARIANT: the pinned node is a node of a list whose root is known.
        if (g.stage < Stage.Trace || g.stage > Stage.Open || list == List.Tensor || list == List.Group) {
            revert DisputeGame_Stage(g.stage);
        }
        if (pinned != expected) revert DisputeGame_Expected(pinned, expected);
        _isClaim(d, id.claimId(), claim);
        _isHeader(claim, header);
        uint256 height = position.height();
        if (path.length > height) revert DisputeGame_Length(height, path.length);
        if (index >> path.length != 0) revert DisputeGame_Range(index, 1 << path.length);
        _sameHash(expected, Descent.climb(child, index, path));

        height -= path.length;
        uint256 first = ((position.field() << path.length) | index) << height;
        // INVARIANT: the node lies wholly beyond the end.
        bool isBeyond =
            list < List.Cells
                ? first >= ListsLib.size(header, claim.calls, list, position.call())
                : _isBeyond(list, TensorShape.wrap(g.shape), first);
        if (!isBeyond) revert DisputeGame_Place(first);
        // INVARIANT: padding has one hash at each height.
        uint256 inner = list == List.Blocks ? Block.LOG2 : 0;
        if (child == Descent.padding(height + inner)) revert DisputeGame_Right(child);
        _convict(d, id, Ending.PaddingProven);
    }

    /// @inheritdoc IDisputeGame
    function commit(bytes32 commitment) external override {
        // INVARIANT: a commitment keeps its first time.
        if (_commitments[commitment] != 0) revert DisputeGame_Commitment(commitment);
        _commitments[commitment] = block.number;
        emit Committed(commitment, msg.sender);
    }

    /// @inheritdoc IDisputeGame
    function proveCommitted(uint256 claimId, Position place, bytes32 salt, Proof calldata proof) external override {
        Dispute storage d = _disputes[claimId];
        bytes32 commitment = commitmentOf(msg.sender, claimId, place, salt);
        uint256 committedAt = _commitments[commitment];
        // INVARIANT: what others could copy was fixed a block before it could be seen.
        if (committedAt == 0 || committedAt == block.number) revert DisputeGame_Commitment(commitment);

        bytes calldata witness = proof.witness;
        uint256 length = ListsLib.recordEnd(witness, proof.claim.calls, place.call(), place.node());
        TensorShape shape = _shape(d, claimId, proof.claim, place, witness[:length]);
        if (shape.isGrouped()) revert DisputeGame_Grouped(place.node());
        _isInTrace(d, place, shape, proof);
        Segment whole = Reduction.whole(Block.stored(shape, proof.leaf, proof.offset), proof.offset, shape.extent());
        _prove(d, place, shape, whole, proof);
        _convictCommitted(d, claimId, place.place(), committedAt);
    }

    // ── Demanding ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IDisputeGame
    function demand(GameId id, bytes32 expected, Demand what) external payable override {
        Dispute storage d = _disputes[id.claimId()];
        Game storage g = _games[id];
        (Stage stage, ) = _turn(d, g);
        // INVARIANT: demands are made in the challenger's turn, ...
        if (stage == Stage.None || _isProviders(stage)) revert DisputeGame_Stage(stage);
        (Position position, Clock clock) = _asChallenger(d, g, stage, expected);
        // INVARIANT: ... and not without end.
        if (g.moves >= MOST_MOVES) revert DisputeGame_Range(g.moves, MOST_MOVES);
        // INVARIANT: what is demanded is something that can be, ...
        if (Demand.unwrap(what) >> 96 > uint256(type(Kind).max)) revert DisputeGame_Range(Demand.unwrap(what) >> 96, 3);
        // INVARIANT: ... and paid for.
        uint256 bond = g.bondGwei + _inGwei(_gweiUp(Bond.ofDemand(what.kind() == Kind.Record) * PRICE_CAP));

        g.demanded = (uint256(stage) << 128) | Demand.unwrap(what);
        g.bondGwei = uint48(bond);
        g.pinned = expected;
        g.position = position;
        g.stage = Stage.Supply;
        ++g.moves;
        g.clock = clock;
        emit Demanded(id, what);
    }

    /// @inheritdoc IDisputeGame
    function supply(
        GameId id,
        bytes32 expected,
        Claim calldata claim,
        bytes calldata header,
        bytes calldata witness,
        Leaf calldata leaf
    ) external override {
        Dispute storage d = _disputes[id.claimId()];
        Game storage g = _games[id];
        (, Clock clock) = _asProvider(d, id, g, Stage.Supply, expected);
        _isClaim(d, id.claimId(), claim);
        _isHeader(claim, header);
        Demand what = Demand.wrap(uint128(g.demanded));
        uint256 credit = Bond.SUPPLY;
        if (what.exists(claim, header)) {
            if (what.kind() == Kind.Record) {
                uint256 left = gasleft();
                _shape(d, id.claimId(), claim, what.position(), witness);
                credit = Bond.ofRecord(left - gasleft(), header.length + witness.length);
            } else what.check(claim, header, leaf);
        }

        g.stage = Stage(uint8(g.demanded >> 128));
        g.clock = clock;
        _show(id);
        emit Supplied(id, what);
        _credit(d, g, credit);
    }

    // ── Ending ───────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IDisputeGame
    function timeout(GameId id) external override {
        Dispute storage d = _disputes[id.claimId()];
        Game storage g = _games[id];
        if (d.claimHash == 0) revert DisputeGame_Claim(id.claimId());
        (Stage stage, Clock clock) = _turn(d, g);
        if (stage == Stage.None) revert DisputeGame_Stage(stage);
        bool provider = _isProviders(stage);
        uint256 deadline = clock.deadline(provider ? ClockLib.PROVIDER : ClockLib.CHALLENGER);
        // INVARIANT: a side falls silent only when its time is over.
        if (block.timestamp <= deadline) revert DisputeGame_Early(deadline);

        if (provider) _convict(d, id, Ending.ProviderSilent);
        else _forfeit(d, id, g);
    }

    /// @inheritdoc IDisputeGame
    function reclaim(GameId id) external override {
        Game storage g = _games[id];
        // INVARIANT: a bond is free once its claim is convicted.
        if (_disputes[id.claimId()].claimHash != 0) revert DisputeGame_Standing(id.claimId());
        if (g.stage == Stage.None) revert DisputeGame_Stage(g.stage);
        (address challenger, uint256 moves) = (g.challenger, g.moves);
        _release(_disputes[id.claimId()].operator, id, g, Ending.Superseded);
        HOLDER.reimburse(id.claimId(), challenger, Bond.CHALLENGE + moves * Bond.MOVE);
    }

    /// @inheritdoc IDisputeGame
    function collect(GameId id) external override {
        _collect(_games[id], _disputes[id.claimId()].operator);
    }

    // ── Views ────────────────────────────────────────────────────────────────────────────────────────────────────────

    /// @inheritdoc IDisputeGame
    function bondOf(uint256 claimId) external view override returns (uint256) {
        return (GAS_BOND_GWEI + _feesGwei(HOLDER.termsOf(claimId), _disputes[claimId].games == 0)) * 1 gwei;
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
                bond: uint256(g.bondGwei) * 1 gwei,
                owed: uint256(g.owedGwei) * 1 gwei,
                fees: uint256(g.feesGwei) * 1 gwei,
                moves: g.moves,
                clock: clock,
                position: position,
                pinned: pinned,
                shape: TensorShape.wrap(g.shape)
            });
    }

    /// @inheritdoc IDisputeGame
    function longest() external pure override returns (uint256) {
        // A last descent begins at MOST_MOVES at the latest; the provider has opened the trace besides.
        return 2 * Bond.MOVES;
    }

    /// @dev Makes the data of an answer known. A sender without code that began the transaction has sent the answer as that
    /// transaction, where everybody reads it; any other may have sent it from within.
    function _show(GameId id) private {
        // solhint-disable-next-line avoid-tx-origin
        if (msg.sender != tx.origin || msg.sender.code.length != 0) emit Relayed(id, msg.data);
    }

    /// @dev What was sent, in gwei: at least what is required, and no fraction, so that nothing is left over.
    function _inGwei(uint256 required) private view returns (uint256 sent) {
        sent = msg.value / 1 gwei;
        if (sent < required || sent > type(uint40).max || sent * 1 gwei != msg.value) {
            revert DisputeGame_Bond(required * 1 gwei, msg.value);
        }
    }
}
