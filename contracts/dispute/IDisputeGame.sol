// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Claim} from "../types/Claim.sol";
import {Part} from "../vm/IStepEvaluator.sol";
import {TensorShape} from "../vm/TensorShape.sol";
import {Clock} from "./Clock.sol";
import {GameId} from "./GameId.sol";
import {Position} from "./Position.sol";
import {Demand, Leaf} from "./Withheld.sol";

/// What a game waits for.
enum Stage {
    /// No such game, or it is over.
    None,
    /// The provider owes the trace root; once it is there, the challenger picks.
    Trace,
    /// The challenger is to pick a descendant of the pinned node, whose descendants are known.
    Pick,
    /// The provider owes the descendants of the pinned node, or the bytes of the pinned block.
    Open,
    /// The challenger is to prove, or to pin an element of the pinned block, whose bytes are known.
    Block,
    /// The provider owes the accumulators inside the pinned segment.
    Publish,
    /// The challenger is to prove, or to choose a piece of the pinned segment, whose accumulators are known.
    Narrow,
    /// The provider owes what the challenger demanded.
    Supply
}

/// How a game ended.
enum Ending {
    /// A number of the trace is not what its inputs make it.
    NumberProven,
    /// A place beyond the end of a list, or one that its record leaves empty, is not padding.
    PaddingProven,
    /// The provider's time ran out.
    ProviderSilent,
    /// The challenger's time ran out.
    ChallengerSilent,
    /// Another game convicted the claim.
    Superseded
}

/// What the last proof says, and what it rests on.
/// @param claim The claim.
/// @param leaf The 128 bytes of the leaf with the disputed element; this and the next two are not read where a game has
/// pinned the element.
/// @param path Siblings from the leaf up to the pinned block; in `proveCommitted` up to the root of the tensor's tree,
/// then from the tensor's commitment up to the trace root.
/// @param offset The element's place in its block.
/// @param part Which part of the element is wrong.
/// @param from First step of the piece (Steps only).
/// @param publications Published snapshots, from those of the whole reduction to those that end the piece (Steps, Final).
/// @param witness Header, record and loaded words, as the step evaluator wants them.
struct Proof {
    Claim claim;
    bytes leaf;
    bytes32[] path;
    uint256 offset;
    Part part;
    uint256 from;
    bytes[] publications;
    bytes witness;
}

/// @title IDisputeGame
/// @notice Finds the first wrong number of a provider's trace, and has the chain compute that number again. The provider
/// commits to one tree, once; challengers point at where it contradicts itself, each in a game of its own.
///
/// A game descends the trace: the list of calls, a call's list of tensors, a tensor's tree. It stands on one
/// pinned node. The challenger *picks* a descendant whose hash it can show to lie under the pinned node, at least one
/// group of levels (log2 of the arity) deeper, or at the end of the list; the provider *opens* it: publishes the
/// descendants one group below. Whoever knows more than one group, because another game opened it, picks deeper in the
/// same move: what is open is open to all, and never asked for twice. The tensors of a row group are descended together, row by
/// row, through the list of its cells: the trace's order is the order of evaluation, so that the first difference that a
/// challenger meets is wrong by itself. Data that a step needs and a challenger lacks it may *demand*.
///
/// What must hold:
/// - safety (provider): a claim whose trace is what the program makes of it is never convicted while its provider answers
///   in time: each accusation is checked against the program, each answer is O(1) gas and paid for by whoever asked.
/// - safety (challenger): a false claim has a first wrong number, and a challenger that plays toward it cannot be stopped
///   by the provider, by other challengers or by strangers; games on one claim run side by side.
/// - money: bonds paid in equal credits, burns, and what games still hold (bonds, and what operators have not collected), to
/// the wei.
/// - liveness: the longest game is both budgets plus `longest()` extensions.
///
/// Who may move: only the provider's operator, or its delegate, commits (`openTrace`, `publish`); only a game's challenger,
/// or its delegate, picks (`pick`, `enter`, `reduce`, `narrow`, `demand`); all else is checked against what is committed
/// and anyone may send it. Each move names the node it answers (`expected`), so in a reorganised chain it reverts instead
/// of answering something else.
interface IDisputeGame {
    /// @notice A game as it stands.
    struct View {
        Stage stage;
        address challenger;
        uint256 bond;
        uint256 owed;
        uint256 fees;
        uint256 moves;
        Clock clock;
        Position position;
        bytes32 pinned;
        TensorShape shape;
    }

    event Challenged(uint256 indexed claimId, GameId indexed game, address indexed challenger, uint256 bond);
    /// @notice An answer that was not sent as a transaction of its own: its calldata, which watchers could not find else. The
    /// event of the answer follows.
    event Relayed(GameId indexed game, bytes data);
    event TraceOpened(uint256 indexed claimId, GameId indexed game, bytes32 traceRoot);
    event Picked(GameId indexed game, bytes32 pinned, Position position);
    event Entered(GameId indexed game, bytes32 pinned, Position position, TensorShape shape);
    event Opened(GameId indexed game, bytes32 pinned);
    event BlockOpened(GameId indexed game, bytes32 pinned);
    event Reduced(GameId indexed game, bytes32 segment);
    event SnapshotsPublished(GameId indexed game, bytes32 segment);
    event Narrowed(GameId indexed game, bytes32 segment);
    event Demanded(GameId indexed game, Demand what);
    event Supplied(GameId indexed game, Demand what);
    event Committed(bytes32 indexed commitment, address indexed sender);
    event Convicted(uint256 indexed claimId, GameId indexed game, address indexed rewarded, Ending ending);
    event GameEnded(GameId indexed game, Ending ending, uint256 returned, uint256 toProvider, uint256 burned);
    event Withdrawn(address indexed account, uint256 amount);
    event DelegateSet(address indexed account, address indexed delegate, bool allowed);

    /// @notice The bond is smaller than what the game asks, or not in whole gwei.
    error DisputeGame_Bond(uint256 required, uint256 sent);
    /// @notice The game does not wait for this.
    error DisputeGame_Stage(Stage stage);
    /// @notice The sender may not make this move.
    error DisputeGame_Sender(address sender);
    /// @notice The game stands on another node than the move answers.
    error DisputeGame_Expected(bytes32 pinned, bytes32 expected);
    /// @notice The time for this move is over.
    error DisputeGame_Late(uint256 deadline);
    /// @notice The other side still has time.
    error DisputeGame_Early(uint256 deadline);
    /// @notice The claim is not the one disputed, or it is convicted already.
    error DisputeGame_Claim(uint256 claimId);
    /// @notice The claim's trace is open already.
    error DisputeGame_TraceOpen(bytes32 traceRoot);
    /// @notice The header is not that of the claim's program.
    error DisputeGame_Header();
    /// @notice The output commitments are not those of the claim, or not where the program puts them.
    error DisputeGame_Output(uint256 index);
    /// @notice Too few or too many nodes, siblings, bytes or snapshots.
    error DisputeGame_Length(uint256 expected, uint256 given);
    /// @notice The data does not hash to the node it should.
    error DisputeGame_Hash(bytes32 expected, bytes32 given);
    /// @notice The place does not exist.
    error DisputeGame_Range(uint256 index, uint256 size);
    /// @notice The place does not exist, or in a proof about padding: it does, or some below it do.
    error DisputeGame_Place(uint256 first);
    /// @notice There is nothing to cut: the element has no steps, or the piece is a single one.
    error DisputeGame_Short(uint256 length);
    /// @notice The accusation is false: the number is right.
    error DisputeGame_Right(bytes32 value);
    /// @notice A number of a row group of two or more tensors is proven by a game, not by a commitment.
    error DisputeGame_Grouped(uint256 node);
    /// @notice The commitment is not there, or not yet a block old.
    error DisputeGame_Commitment(bytes32 commitment);
    /// @notice The claim still stands.
    error DisputeGame_Standing(uint256 claimId);
    /// @notice The native coin could not be sent.
    error DisputeGame_Transfer(address to);
    /// @notice A parameter is out of bounds.
    error DisputeGame_Parameters();

    /// @notice Disputes a claim, with a bond of at least `bondOf`, in whole gwei.
    /// @dev Warning: all of what is sent is at stake.
    function challenge(uint256 claimId) external payable returns (GameId game);

    /// @notice The provider commits to the claim's trace, in answer to a game, for all of them: its root, its first
    /// descendants, and where the claimed outputs stand in it.
    /// @param children Descendants of the root one group below it, or at the end of its first list.
    /// @param outputs Commitments of the output tensors.
    /// @param paths For each output, siblings from its commitment up to the child above it.
    function openTrace(
        GameId game,
        Claim calldata claim,
        bytes calldata header,
        bytes32 traceRoot,
        bytes32[] calldata children,
        bytes32[] calldata outputs,
        bytes32[][] calldata paths
    ) external;

    /// @notice The challenger descends to a node of the list of calls, of a call's list, of a row group's cells, or of a tensor.
    /// @param child The node descended to.
    /// @param index Its index among the nodes of its height under the pinned node.
    /// @param path Siblings from the child up to the pinned node, lowest first.
    function pick(GameId game, bytes32 expected, bytes32 child, uint256 index, bytes32[] calldata path) external;

    /// @notice The challenger descends to a tensor or to a cell, and shows what the tensor's record makes of it. Where the record
    /// leaves the place empty (a row group's node before its last, a cell of no node) and it is not, that convicts the claim.
    /// @param child The tensor's commitment, or the root of the cell, with index and path as in `pick`; the path may cross
    /// from calls to tensors.
    /// @param witness Header, record and record path, as `Part.Shape` of the step evaluator wants them.
    function enter(
        GameId game,
        bytes32 expected,
        bytes32 child,
        uint256 index,
        bytes32[] calldata path,
        Claim calldata claim,
        bytes calldata witness
    ) external;

    /// @notice Answers a pick: the descendants of the pinned node one group below it, or at the end of its list.
    function open(GameId game, bytes32 expected, bytes32[] calldata children) external;

    /// @notice Answers a pick of a block: the bytes of all its leaves.
    function openBlock(GameId game, bytes32 expected, bytes calldata leaves) external;

    /// @notice The challenger pins an element of the pinned block, to have its reduction cut; one of a single step too, whose
    /// `init` and step are then proven apart from its `final`.
    /// @dev How fine it is cut the challenger decides. Whatever the program, a single step can be proven in one transaction.
    /// @param leaf The 128 bytes of the leaf that holds it.
    /// @param path Siblings from that leaf up to the block.
    /// @param offset The element's place in the block.
    function reduce(
        GameId game,
        bytes32 expected,
        bytes calldata leaf,
        bytes32[] calldata path,
        uint256 offset
    ) external;

    /// @notice The provider commits to accumulators inside the pinned segment, once for the claim.
    function publish(GameId game, bytes32 expected, bytes calldata snapshots) external;

    /// @notice The challenger chooses a piece of the pinned segment, of two steps or more, to have it cut again.
    function narrow(GameId game, bytes32 expected, uint256 index) external;

    /// @notice Convicts the claim of a wrong number in the block that a game has pinned.
    function prove(GameId game, bytes32 expected, Proof calldata proof) external;

    /// @notice Convicts the claim of a node beyond the end of a list that is not padding.
    /// @param child A node wholly beyond the end, with index and path as in `pick`, within the list of the pinned node.
    function provePadding(
        GameId game,
        bytes32 expected,
        bytes32 child,
        uint256 index,
        bytes32[] calldata path,
        Claim calldata claim,
        bytes calldata header
    ) external;

    /// @notice Fixes a place, unseen, for `proveCommitted` in a later block.
    /// @param commitment `commitmentOf` the place.
    function commit(bytes32 commitment) external;

    /// @notice Convicts the claim of a wrong number in a block that no game of the sender has pinned; not in a row group of two
    /// or more tensors.
    /// @param place Call, node and block (a Position without list and height).
    function proveCommitted(uint256 claimId, Position place, bytes32 salt, Proof calldata proof) external;

    /// @notice The challenger asks for data that a step needs and that it does not have. What is sent with it pays for the answer.
    /// @dev A challenger that has made MOST_MOVES moves in a game demands no more: so the game ends.
    function demand(GameId game, bytes32 expected, Demand what) external payable;

    /// @notice Answers a demand: header and witness of a record (as in `enter`), or a leaf. Of what does not exist, only the
    /// claim and the header are read.
    function supply(
        GameId game,
        bytes32 expected,
        Claim calldata claim,
        bytes calldata header,
        bytes calldata witness,
        Leaf calldata leaf
    ) external;

    /// @notice Ends a game whose side to move has no time left: the provider's silence convicts the claim, the
    /// challenger's ends its game.
    function timeout(GameId game) external;

    /// @notice Returns the bond of a game whose claim another game convicted.
    function reclaim(GameId game) external;

    /// @notice Sends the caller all it has been credited.
    function withdraw() external;

    /// @notice Credits a game's operator with what its answers have earned so far; the end of the game does so too.
    function collect(GameId game) external;

    /// @notice Lets another key move for the caller.
    function setDelegate(address delegate, bool allowed) external;

    /// @notice What `challenge` asks for a claim now.
    function bondOf(uint256 claimId) external view returns (uint256);

    /// @notice What a sender commits to for a place.
    function commitmentOf(
        address sender,
        uint256 claimId,
        Position place,
        bytes32 salt
    ) external pure returns (bytes32);

    /// @notice A game as it stands.
    function viewGame(GameId game) external view returns (View memory);

    /// @notice Most moves of both sides in one game: twice those of its challenger.
    function longest() external view returns (uint256);

    /// @notice Wei that an account may withdraw.
    function credits(address account) external view returns (uint256);
}
